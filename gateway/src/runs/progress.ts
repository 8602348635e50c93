import type { JobProgress } from '@esclusa/contract';

/** How far one dataset is. `total` is rows in all: the source's estimate, and exact once the dataset is done. */
export interface DatasetProgress {
  readonly rows: number;
  readonly bytes: number;
  readonly total?: number;
  /** 0 to 100, one decimal; 100 only when it is done. */
  readonly percent?: number;
}

/** How far an attempt is, over all its datasets that have reported. */
export interface ProgressSnapshot {
  readonly datasets: Record<string, DatasetProgress>;
  readonly rows: number;
  readonly bytes: number;
  /** Over the last 10 seconds or so. */
  readonly rowsPerSecond?: number;
  /** 0 to 100, one decimal; only where every dataset has a total, and 100 only when all are done. */
  readonly percent?: number;
  /** Whole seconds to the end, from the percent's totals and the rate. */
  readonly etaSeconds?: number;
}

interface Dataset {
  rows: number;
  bytes: number;
  total: number | undefined;
  done: boolean;
}

interface Sample {
  readonly at: number;
  readonly rows: number;
}

const WINDOW_MS = 10_000;
/** Datasets report each for itself; samples closer than this are one, which bounds the memory. */
const SAMPLE_EVERY_MS = 250;
/** A rate over less would be noise. */
const SHORTEST_MS = 1000;
/** Totals are estimates: what is not done is never shown as whole. */
const NEARLY = 99.9;

/** Counts what one attempt reports, and tells rate, percent and time left. It has no clock: times come from the caller. */
export class ProgressMeter {
  readonly #datasets = new Map<string, Dataset>();
  /** Rows of all datasets at a time; one sample at the window's beginning or before it, then those within. */
  readonly #samples: Sample[] = [];

  /** `expected`: datasets that will report; as long as one of them has not, there is no percent of the whole. */
  constructor(expected: readonly string[] = []) {
    for (const name of expected) this.#datasets.set(name, { rows: 0, bytes: 0, total: undefined, done: false });
  }

  /** A job's progress line that came at `at` (epoch ms). Lines that come after {@link done} of their dataset change nothing. */
  take({ dataset, rows, bytes, total }: Pick<JobProgress, 'dataset' | 'rows' | 'bytes' | 'total'>, at: number): void {
    const known = this.#datasets.get(dataset);
    if (known?.done === true) return;
    this.#datasets.set(dataset, { rows, bytes, total: total ?? known?.total, done: false });
    this.#sample(at);
  }

  /** A dataset has been read to its end, and these are its true numbers. */
  done(dataset: string, rows: number, bytes: number): void {
    this.#datasets.set(dataset, { rows, bytes, total: rows, done: true });
  }

  /** Where things stand: at the last report, or at `at` (epoch ms), which lets the rate sink while nothing comes. */
  snapshot(at?: number): ProgressSnapshot {
    const all = [...this.#datasets.values()];
    const rows = sum(all.map((dataset) => dataset.rows));
    const rate = this.#rowsPerSecond(at ?? this.#samples.at(-1)?.at ?? 0);
    const percent = percentOf(all);
    const etaSeconds = secondsLeft(all, rate);
    return {
      datasets: Object.fromEntries(Array.from(this.#datasets, ([name, dataset]) => [name, show(dataset)])),
      rows,
      bytes: sum(all.map((dataset) => dataset.bytes)),
      ...(rate === undefined ? {} : { rowsPerSecond: rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate) }),
      ...(percent === undefined ? {} : { percent }),
      ...(etaSeconds === undefined ? {} : { etaSeconds }),
    };
  }

  #sample(at: number): void {
    const samples = this.#samples;
    const sample = { at, rows: sum(Array.from(this.#datasets.values(), (dataset) => dataset.rows)) };
    const last = samples.at(-1);
    // A clock that was set back: what was measured before it can't be compared.
    if (last !== undefined && at < last.at) samples.length = 0;
    const beforeLast = samples.at(-2);
    if (beforeLast !== undefined && at - beforeLast.at < SAMPLE_EVERY_MS) samples.pop();
    samples.push(sample);
    samples.splice(0, this.#windowStart(at));
  }

  /** Index of the newest sample that is as old as the window at `at`, else of the oldest. */
  #windowStart(at: number): number {
    return Math.max(
      0,
      this.#samples.findLastIndex((sample) => at - sample.at >= WINDOW_MS),
    );
  }

  #rowsPerSecond(at: number): number | undefined {
    const first = this.#samples[this.#windowStart(at)];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || at - first.at < SHORTEST_MS) return undefined;
    return Math.max(0, ((last.rows - first.rows) * 1000) / (at - first.at));
  }
}

function show({ rows, bytes, total, done }: Dataset): DatasetProgress {
  const percent = percentOf([{ rows, bytes, total, done }]);
  return { rows, bytes, ...(total === undefined ? {} : { total }), ...(percent === undefined ? {} : { percent }) };
}

function percentOf(datasets: readonly Dataset[]): number | undefined {
  const whole = wholeOf(datasets);
  if (whole === undefined || datasets.length === 0) return undefined;
  if (datasets.every(({ done }) => done)) return 100;
  // Rounded down, so that 99.96 does not become 100.
  return whole === 0 ? 0 : Math.min(NEARLY, Math.floor((sum(datasets.map(({ rows }) => rows)) * 1000) / whole) / 10);
}

function secondsLeft(datasets: readonly Dataset[], rate: number | undefined): number | undefined {
  const whole = wholeOf(datasets);
  if (whole === undefined || datasets.length === 0) return undefined;
  if (datasets.every(({ done }) => done)) return 0;
  const left = whole - sum(datasets.map(({ rows }) => rows));
  // Estimates that are used up say nothing of what is left.
  return rate === undefined || rate === 0 || left <= 0 ? undefined : Math.ceil(left / rate);
}

/** Rows of all datasets together; an estimate that was passed counts as what has come. Undefined when one has no total. */
function wholeOf(datasets: readonly Dataset[]): number | undefined {
  if (datasets.some(({ total }) => total === undefined)) return undefined;
  return sum(datasets.map(({ rows, total }) => Math.max(rows, total ?? 0)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
