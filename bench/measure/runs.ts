import { poll } from '../../scripts/lib/poll.ts';
import type { LabGateway } from '../lab/start-gateway.ts';
import { median } from '../report/statistics.ts';

/** What happened to a run, in order. */
export type Timeline = readonly { readonly at: string; readonly event: string }[];

/** A POST that waits for its answer: how long it took, in ms, and the run's id; rejects unless the run has succeeded. */
export async function post({ url }: LabGateway, pipeline: string): Promise<{ ms: number; run: string }> {
  const began = performance.now();
  const answer = await fetch(`${url}/api/ingesta/${pipeline}`, { method: 'POST' });
  const text = await answer.text();
  const ms = performance.now() - began;
  if (answer.status !== 200) throw new Error(`a POST was answered ${answer.status}: ${text.slice(0, 500)}`);
  return { ms, run: answer.headers.get('Esclusa-Run') ?? '' };
}

/** Waits until the gateway has written everything of its runs down. */
export async function settled({ url }: LabGateway): Promise<void> {
  await poll('the end of the runs', 30, async () => {
    if ((await openRuns(url)) > 0) throw new Error('one is open still');
  });
}

/** Runs that have not ended yet. */
export async function openRuns(url: string): Promise<number> {
  const { runs } = (await (await fetch(`${url}/health`)).json()) as { runs: { running: number; waiting: number } };
  return runs.running + runs.waiting;
}

/** What happened to a run so far. */
export async function timelineOf({ url }: LabGateway, run: string): Promise<Timeline> {
  const { timeline = [] } = (await (await fetch(`${url}/api/runs/${run}`)).json()) as { timeline?: Timeline };
  return timeline;
}

/** When a point of a timeline came, in ms since 1970; undefined if it did not. */
export function timeOf(timeline: Timeline, event: string): number | undefined {
  const at = timeline.find((entry) => entry.event === event)?.at;
  return at === undefined ? undefined : Date.parse(at);
}

/** When each point of the timelines came, in ms since acceptance, their first one; medians, in order. */
export function medianTimes(timelines: readonly Timeline[]): Record<string, number> {
  const events = [...new Set(timelines.flatMap((timeline) => timeline.map(({ event }) => event)))];
  const since = (timeline: Timeline, event: string): number[] => {
    const at = timeOf(timeline, event);
    return at === undefined ? [] : [at - Date.parse(timeline[0]?.at ?? '')];
  };
  const medians = events.map((event) => [event, median(timelines.flatMap((timeline) => since(timeline, event)))] as const);
  return Object.fromEntries(medians.toSorted(([, a], [, b]) => a - b));
}
