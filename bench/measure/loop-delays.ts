import { median } from '../report/statistics.ts';

/** How late a gateway's event loop was, in ms. The 10 ms that lie between two looks are in every figure. */
export interface LoopDelays {
  /** How many times ten seconds the gateway has told of. */
  readonly windows: number;
  /** Looks at the clock in all of them. */
  readonly looks: number;
  /** The 99th percentile of all of them; at most, since of a histogram's step only its upper end is known. */
  readonly p99: number;
  /** That of the worst ten seconds, and the one that half of them keep to. */
  readonly worst_p99: number;
  readonly median_p99: number;
  readonly max: number;
}

/** What a gateway tells of ten seconds: `steps` are percentiles, each with the longest delay up to it. */
interface Told {
  readonly p99: number;
  readonly max: number;
  readonly count: number;
  readonly steps: readonly (readonly [percentile: number, ms: number])[];
}

interface Line {
  readonly time: string;
  readonly loopDelayMs?: Told;
}

/** What a gateway's log, at level `debug`, tells of its event loop since then; undefined if nothing. */
export function delaysOf(log: string, since: Date): LoopDelays | undefined {
  const lines = log.split('\n').flatMap((line) => (line.startsWith('{') && line.includes('"loopDelayMs"') ? [JSON.parse(line) as Line] : []));
  const told = lines.flatMap(({ time, loopDelayMs }) => (loopDelayMs !== undefined && new Date(time) > since ? [loopDelayMs] : []));
  if (told.length === 0) return undefined;
  const p99s = told.map(({ p99 }) => p99);
  return {
    windows: told.length,
    looks: told.reduce((sum, { count }) => sum + count, 0),
    p99: percentileOf(told, 99),
    worst_p99: Math.max(...p99s),
    median_p99: median(p99s),
    max: Math.max(...told.map(({ max }) => max)),
  };
}

/** A percentile of several histograms together, at most. */
function percentileOf(told: readonly Told[], percentile: number): number {
  const all = told.flatMap(({ count, steps }) => steps.map(([upTo, ms], n) => ({ ms, looks: ((upTo - (steps[n - 1]?.[0] ?? 0)) / 100) * count })));
  const looks = all.reduce((sum, step) => sum + step.looks, 0);
  let seen = 0;
  for (const step of all.toSorted((a, b) => a.ms - b.ms)) {
    seen += step.looks;
    if (seen >= (looks * percentile) / 100) return step.ms;
  }
  return 0;
}
