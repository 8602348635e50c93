import { median } from '../report/statistics.ts';

/** How late a gateway's event loop was, in ms, of each ten seconds that it has told. The 10 ms that lie between two looks are in every one of them. */
export interface LoopDelays {
  /** How many times ten seconds. */
  readonly windows: number;
  /** The 99th percentile of the worst ten seconds, which that of the whole time can't exceed, and the one that half of them keep to. */
  readonly worst_p99: number;
  readonly median_p99: number;
  readonly worst_p50: number;
  readonly max: number;
}

interface Told {
  readonly time: string;
  readonly loopDelayMs?: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** What a gateway's log, at level `debug`, tells of its event loop since then; undefined if nothing. */
export function delaysOf(log: string, since: Date): LoopDelays | undefined {
  const lines = log.split('\n').flatMap((line) => (line.startsWith('{') && line.includes('"loopDelayMs"') ? [JSON.parse(line) as Told] : []));
  const told = lines.flatMap(({ time, loopDelayMs }) => (loopDelayMs !== undefined && new Date(time) > since ? [loopDelayMs] : []));
  if (told.length === 0) return undefined;
  const [p50, p99, max] = (['p50', 'p99', 'max'] as const).map((name) => told.map((delays) => delays[name])) as [number[], number[], number[]];
  return { windows: told.length, worst_p99: Math.max(...p99), median_p99: median(p99), worst_p50: Math.max(...p50), max: Math.max(...max) };
}
