import type { Compression } from '@esclusa/contract';
import type { Table } from '../data/tables.ts';
import type { SinkName } from '../lab/sinks.ts';
import type { Sample } from '../measure/sample.ts';
import type { SourceName } from '../sources/source.ts';
import { median, rounded } from './statistics.ts';

/** Ours; the client that the database comes with; another tool. */
export type Role = 'ours' | 'client' | 'tool';

/** All rounds of one contender with one table into one sink. */
export interface Series {
  readonly source: SourceName;
  readonly table: Table;
  /** The table that the source's ratio is taken from. */
  readonly headline: boolean;
  readonly sink: SinkName;
  /** `esclusa`, `esclusa, 2 readers`, or a peer's name. */
  readonly contender: string;
  readonly role: Role;
  /** Of ours. */
  readonly readers?: number;
  readonly compression?: Compression;
  /** CSV without it. */
  readonly format?: 'parquet';
  readonly samples: readonly Sample[];
  /** What ended its rounds early. */
  readonly failure?: string;
}

/** Medians of a series, and the highest of its memory peaks. */
export interface Summary {
  readonly seconds: number;
  /** Without the container's start; NaN where nobody told. */
  readonly within: number;
  readonly mb: number;
  readonly mbPerSecond: number;
  readonly rowsPerSecond: number;
  readonly peakMiB: number;
}

/** What a series comes to; undefined when no round came to its end. */
export function summaryOf({ samples, table }: Series): Summary | undefined {
  if (samples.length === 0) return undefined;
  const seconds = median(samples.map((sample) => sample.seconds));
  const mb = median(samples.map(({ bytes }) => bytes)) / 1e6;
  return {
    seconds,
    within: median(samples.flatMap(({ within }) => (within === undefined ? [] : [within]))),
    mb,
    mbPerSecond: mb / seconds,
    rowsPerSecond: table.rows / seconds,
    peakMiB: Math.max(...samples.map(({ peakMiB }) => peakMiB)),
  };
}

/**
 * How many times as long as this contender the database's own client takes, by medians; in Parquet, which none of these writes, the fastest tool. Undefined where one of the two is
 * missing.
 */
export function ratioOf(all: readonly Series[], one: Series): number | undefined {
  const role: Role = one.format === undefined ? 'client' : 'tool';
  const same = all.filter(
    ({ source, table, sink, format }) => source === one.source && table.name === one.table.name && sink === one.sink && format === one.format,
  );
  const theirs = same.flatMap((other) => (other.role === role ? (summaryOf(other)?.seconds ?? []) : []));
  const its = summaryOf(one)?.seconds;
  return theirs.length === 0 || its === undefined ? undefined : rounded(Math.min(...theirs) / its, 2);
}

/** The ratios of a sink by source, those of several readers as `<source>_parallel`. */
export function headlineRatios(all: readonly Series[], sink: SinkName): Record<string, number> {
  const found = all.flatMap((one) => {
    const ratio = isPlain(one) && one.headline && one.sink === sink ? ratioOf(all, one) : undefined;
    return ratio === undefined ? [] : [[HEADLINES[one.source] + ((one.readers ?? 1) > 1 ? '_parallel' : ''), ratio] as const];
  });
  return Object.fromEntries(found);
}

/** Ours, CSV, and nothing compressed. */
function isPlain({ role, compression, format }: Series): boolean {
  return role === 'ours' && compression === undefined && format === undefined;
}

/** What the largest table in Parquet has come to, by source: the ratio of the better of ours, and its memory peak in MiB. */
export function parquetFigures(all: readonly Series[]): Record<string, { readonly ratio: number | undefined; readonly peak_mib: number }> {
  const found: Record<string, { readonly ratio: number | undefined; readonly peak_mib: number }> = {};
  for (const one of all.toSorted((a, b) => a.table.rows - b.table.rows)) {
    const peak = one.role === 'ours' && one.format !== undefined ? summaryOf(one)?.peakMiB : undefined;
    if (peak === undefined) continue;
    const ratio = ratioOf(all, one);
    const before = found[one.source];
    if (before === undefined || (ratio ?? 0) > (before.ratio ?? 0)) found[one.source] = { ratio, peak_mib: rounded(peak, 1) };
  }
  return found;
}

/** The stand-in for MongoDB is slower than any client; the replaying server says what the clients are worth. */
const HEADLINES: Readonly<Record<SourceName, string>> = {
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mariadb',
  mongodb: 'mongodb_stand_in',
  mongodb_replay: 'mongodb',
};

/** Our highest memory peak with each table in CSV, in MiB, by source, table and compression, over all sinks and numbers of readers. */
export function peaks(all: readonly Series[]): Record<string, number> {
  const highest: Record<string, number> = {};
  for (const one of all) {
    const peak = one.role === 'ours' && one.format === undefined ? summaryOf(one)?.peakMiB : undefined;
    const name = [one.source, one.table.name, ...(one.compression === undefined ? [] : [one.compression])].join('_');
    if (peak !== undefined) highest[name] = Math.max(highest[name] ?? 0, rounded(peak, 1));
  }
  return highest;
}

/**
 * By source, how many times as long a row of the largest narrow table takes as one of the next smaller, one reader into the real S3: the seconds from the
 * secrets to the last row, so that the container's start, the same for both, hides nothing.
 */
export function growth(all: readonly Series[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const source of new Set(all.map((one) => one.source))) {
    const narrow = all.filter((one) => one.source === source && isPlain(one) && one.readers === 1 && one.sink === 's3' && one.table.shape === 'narrow');
    const [largest, next] = narrow.toSorted((a, b) => b.table.rows - a.table.rows).map((one) => (summaryOf(one)?.within ?? Number.NaN) / one.table.rows);
    if (largest !== undefined && next !== undefined && Number.isFinite(largest / next)) found[source] = rounded(largest / next, 2);
  }
  return found;
}
