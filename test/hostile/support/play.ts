import { containersWith } from '../../support/docker.ts';
import type { TestBucket } from '../../support/s3.ts';
import type { Played, Row } from './row.ts';
import type { Stage } from './stage.ts';
import type { Seen } from './watch.ts';

/** Bounds that every row keeps to. */
export const BOUNDS = { memoryMiB: 128, healthMs: 250, healthWorstMs: 3_000 } as const;

const MACHINE_FACTOR = 3;
const LEFT_SECONDS = 20;
const LEFT_EVERY_MS = 400;
const IN_FLIGHT = /^_esclusa\/(open|attempts|cancels|stamps)\//;

/** Plays a row beside an honest run, and watches the gateway meanwhile. Never rejects: what went wrong is in what came of it. */
export async function play(stage: Stage, row: Row): Promise<Played> {
  const { gateway, bucket } = stage;
  stage.runs = [];
  stage.pipelines = [];
  stage.watch.begin(gateway);
  const honest = stage.honest();
  const answered = await row.act(stage).catch((error: Error) => `${error.name}: ${error.message}`.slice(0, 500));
  const theirs = await honest;
  const seen = await stage.watch.take();
  await stage.unplant();
  const { runs, pipelines } = stage;
  return {
    name: row.name,
    answered,
    peakMiB: Math.round(seen.peakMiB),
    healthMs: healthOf(seen),
    healthFailed: seen.failed,
    honest: theirs,
    alive: gateway.alive,
    left: gateway.alive ? leftOf(bucket, runs, pipelines) : Promise.resolve([]),
  };
}

/** Defects of a row, by the value at fault; none if the row is right. */
export function verdictOf(row: Row, { answered, peakMiB, healthMs, healthFailed, honest, alive }: Played): Record<string, unknown> {
  const right = typeof row.answered === 'string' ? answered === row.answered : row.answered.test(answered);
  const quick = healthMs.counts <= healthMs.bound && healthMs.max <= Math.max(BOUNDS.healthWorstMs, 3 * healthMs.bound);
  return {
    ...(right ? {} : { answered, wanted: String(row.answered) }),
    ...(peakMiB > 0 && peakMiB <= BOUNDS.memoryMiB ? {} : { peakMiB }),
    ...(quick ? {} : { healthMs }),
    ...(healthFailed.length === 0 ? {} : { healthFailed: [...new Set(healthFailed)] }),
    ...(honest === 'succeeded' ? {} : { honest }),
    ...(alive ? {} : { gateway: 'died' }),
  };
}

function healthOf({ health }: Seen): Played['healthMs'] {
  const own = health.map((answer) => answer.own).toSorted((a, b) => b - a);
  const noise = Math.max(1, Math.ceil(own.length / 10));
  // /health asks no more than a few turns of the processor; a machine that takes long over one takes as much longer over those.
  const machine = Math.max(0, ...health.map((answer) => answer.machine));
  return { max: Math.max(0, ...health.map(({ ms }) => ms)), counts: own[noise] ?? 0, bound: Math.max(BOUNDS.healthMs, MACHINE_FACTOR * machine) };
}

/** Returns the remains of a row's runs once there was time to clear them away: at most 20 s. */
async function leftOf(bucket: TestBucket, runs: readonly string[], pipelines: readonly string[]): Promise<string[]> {
  const deadline = Date.now() + LEFT_SECONDS * 1_000;
  let left: string[] = [];
  for (;;) {
    try {
      left = await look(bucket, runs, pipelines);
    } catch {
      // A row that failed has its stage renewed: nobody will clear away any more.
      return left;
    }
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, LEFT_EVERY_MS));
  }
}

async function look(bucket: TestBucket, runs: readonly string[], pipelines: readonly string[]): Promise<string[]> {
  if (runs.length === 0) return [];
  const labels = await Promise.all(runs.map((run) => containersWith('esclusa.run', run)));
  const containers = labels.flat().map(({ Names }) => `container ${Names.join()}`);
  const ofRow = (key: string): boolean => [...runs, ...pipelines.map((name) => `/${name}/`)].some((part) => `/${key}`.includes(part));
  const uploads = (await bucket.uploads()).filter(({ key }) => ofRow(key)).map(({ key }) => `upload on ${key}`);
  const entries = (await bucket.keys('_esclusa/')).filter((key) => IN_FLIGHT.test(key) && ofRow(key));
  return [...containers, ...uploads, ...entries];
}
