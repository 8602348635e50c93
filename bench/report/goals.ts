import type { Figures } from './write.ts';

/** A figure that is to be reached. */
interface Goal {
  readonly what: string;
  readonly wanted: number;
  /** Whether more is better, or less. */
  readonly better: 'more' | 'less';
  readonly found: (figures: Figures) => number | undefined;
}

const ratio = (what: string, name: string, wanted: number): Goal => ({ what, wanted, better: 'more', found: ({ ratios }) => ratios[name] });
const inParquet = (what: string, source: string): Goal => ({ what, wanted: 1, better: 'more', found: ({ parquet }) => parquet[source]?.ratio });
const grown = (source: string): Goal => ({ what: `time per row, ${source}`, wanted: 1.1, better: 'less', found: ({ growth }) => growth[source] });

/** What the project holds itself to (docs/bench.md says how each is measured). */
const GOALS: readonly Goal[] = [
  ratio('PostgreSQL, one reader', 'postgresql', 1),
  ratio('PostgreSQL, several readers', 'postgresql_parallel', 1.6),
  ratio('MySQL, one reader', 'mysql', 1.3),
  ratio('MySQL, several readers', 'mysql_parallel', 2),
  ratio('MongoDB', 'mongodb', 3),
  inParquet('PostgreSQL in Parquet, by a tool', 'postgresql'),
  inParquet('MySQL in Parquet, by a tool', 'mysql'),
  { what: 'start, by docker run', wanted: 1.05, better: 'less', found: ({ ratios }) => ratios['start'] },
  grown('postgresql'),
  grown('mysql'),
  { what: 'highest memory peak of a job, MiB', wanted: 128, better: 'less', found: ({ peak_mib: peaks }) => highest(Object.values(peaks)) },
  { what: 'gateway at rest, MB', wanted: 40, better: 'less', found: ({ gateway_idle_mb: idle }) => idle },
  { what: 'POSTs at once without an answer', wanted: 0, better: 'less', found: ({ gateway }) => gateway && gateway.posts - gateway.answered },
  { what: 'gateway at its peak, MB', wanted: 120, better: 'less', found: ({ gateway }) => gateway?.peak_mb },
  { what: 'event loop delay, p99, ms', wanted: 50, better: 'less', found: ({ gateway }) => gateway?.loop_delay_ms?.p99 },
];

function highest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

/** A line for each goal: what, the figure, what is wanted, and whether it is reached. */
export function goalLines(figures: Figures): string[] {
  return GOALS.map(({ what, wanted, better, found }) => {
    const value = found(figures);
    const sign = better === 'more' ? '≥' : '≤';
    const reached = value === undefined ? 'not measured' : (better === 'more' ? value >= wanted : value <= wanted) ? 'reached' : 'MISSED';
    return `  ${what.padEnd(36)} ${String(value ?? '–').padStart(7)}  ${sign} ${String(wanted).padEnd(5)} ${reached}`;
  });
}
