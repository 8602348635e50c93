import { setTimeout as sleep } from 'node:timers/promises';
import { Wire } from '../../jobs/kit/src/testing/source-conformance/wire.ts';
import { operationOf } from '../../test/support/s3-operations.ts';
import { hostAddress } from '../lab/host-address.ts';
import type { Laboratory } from '../lab/laboratory.ts';
import { NETWORK } from '../lab/names.ts';
import type { Sink } from '../lab/sinks.ts';
import { post, timeOf, timelineOf } from './runs.ts';

/** How many calls there were, by name. */
export type Counts = Readonly<Record<string, number>>;

/** Calls until a run's end was known, when it is answered, and those after it. */
export interface Calls {
  readonly before_answer: Counts;
  readonly after_answer: Counts;
}

/** All calls on S3 of one run, the job's own among them. */
export interface S3Calls {
  readonly s3_writes: Calls;
  readonly s3_reads: Calls;
}

/** A request to S3 that was seen, in ms since 1970. */
export interface SeenCall {
  readonly at: number;
  readonly method: string;
  readonly name: string;
}

// Longer than the second that a run's keys bear, which it gives back when it is over.
const QUIET_MS = 1_500;
// Points of one instant lie a millisecond apart in a timeline: `ended`, `committed`, `succeeded`.
const APART_MS = 2;
const PIPELINE = 'calls';

/** Counts the calls on S3 of one run, by a gateway of its own: what stands between it and S3 would cost what is timed. */
export async function countCalls(lab: Laboratory, sink: Sink, pipeline: object): Promise<S3Calls> {
  const seen: SeenCall[] = [];
  const onRequest = (chunk: Buffer): void => {
    const [, method, url] = /^(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/.exec(chunk.toString('latin1')) ?? [];
    if (method !== undefined && url !== undefined) seen.push({ at: Date.now(), method, name: operationOf(method, url) });
  };
  const address = await hostAddress(NETWORK);
  const wire = await Wire.to('127.0.0.1', sink.port, { address, onRequest });
  try {
    const gateway = await lab.startGateway('calls', {
      endpoint: `http://${address}:${wire.port}`,
      // Nothing but the run is to be seen: the reconciler looks once, at the start.
      environment: { RECONCILE_SECONDS: '3600' },
      pipelines: { [PIPELINE]: pipeline },
    });
    try {
      const runOne = async (): Promise<string> => {
        const { run } = await post(gateway, PIPELINE);
        // Nobody is asked for it: questions to the gateway are calls on S3 too.
        while (Date.now() - (seen.at(-1)?.at ?? 0) < QUIET_MS) await sleep(100);
        return run;
      };
      // The first one asks for what a gateway then knows.
      await runOne();
      seen.length = 0;
      const run = await runOne();
      const ofRun = [...seen];
      const endedAt = timeOf(await timelineOf(gateway, run), 'succeeded');
      if (endedAt === undefined) throw new Error('the timeline of a run has no end');
      return countsOf(ofRun, endedAt - APART_MS);
    } finally {
      await gateway.close();
    }
  } finally {
    await wire.close();
  }
}

/** Calls by name: writes and reads, and each before the answer and from then on. */
export function countsOf(seen: readonly SeenCall[], answeredAt: number): S3Calls {
  const count = (reads: boolean, after: boolean): Counts => {
    const counts: Record<string, number> = {};
    for (const { at, method, name } of seen) {
      if (['GET', 'HEAD'].includes(method) === reads && at >= answeredAt === after) counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  const calls = (reads: boolean): Calls => ({ before_answer: count(reads, false), after_answer: count(reads, true) });
  return { s3_writes: calls(false), s3_reads: calls(true) };
}
