import { tableOf } from '../data/tables.ts';
import type { Series } from './result.ts';

/** A series of the million narrow rows of PostgreSQL into the real S3, its samples given by their seconds alone. */
export function series(seconds: readonly number[], differing: Partial<Series> = {}): Series {
  return {
    source: 'postgresql',
    table: tableOf('narrow', 1_000_000),
    headline: true,
    sink: 's3',
    contender: 'esclusa',
    role: 'ours',
    readers: 1,
    samples: seconds.map((value) => ({ seconds: value, within: value - 0.5, bytes: 100_000_000, peakMiB: 60 + value })),
    ...differing,
  };
}

/** The same of the database's own client. */
export function clientSeries(seconds: readonly number[], differing: Partial<Series> = {}): Series {
  const { readers: _, ...rest } = series(seconds, { contender: 'psql', role: 'client', ...differing });
  return rest;
}
