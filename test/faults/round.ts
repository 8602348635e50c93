import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/docker.ts';
import type { Turn } from '../support/s3-proxy.ts';
import type { Fault } from './faults.ts';
import { type Lab, PIPELINES, trap } from './lab.ts';
import { type Answered, Clients, type Planned, isAccepted, planLoad } from './load.ts';
import { type Findings, judge } from './oracle.ts';
import { type Point, nameOf, planPoint } from './points.ts';
import { Random } from './random.ts';
import { Stage } from './stage.ts';

/** All that happens in a round; it follows from seed and number alone. */
export interface RoundPlan {
  readonly round: number;
  readonly fault: Fault;
  readonly point: Point;
  /** Milliseconds from the next gateway's start to a second kill, where there is one. */
  readonly again: number | undefined;
  readonly load: readonly Planned[];
}

/** What came of a round. */
export interface RoundResult {
  readonly round: number;
  /** Where it struck, as {@link nameOf} writes it. */
  readonly point: string;
  readonly fault: string;
  /** Whether a named point was reached at all. */
  readonly reached: boolean;
  readonly offered: number;
  readonly accepted: number;
  readonly refused: number;
  /** Requests that got no answer, or one that promises nothing. */
  readonly unanswered: number;
  /** Distinct runs that clients were told of. */
  readonly runs: number;
  readonly starts: number;
  readonly seconds: number;
  readonly findings: Findings;
  readonly answers: readonly Answered[];
  readonly logs: readonly (readonly string[])[];
}

/** How rounds are planned. */
export interface RoundOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Points to go through in turn, instead of planned ones. */
  readonly points?: readonly Point[] | undefined;
  readonly loadSeconds: number;
  readonly perSecond: number;
}

// A waiting room of 50 is filled now and then only: emptying it takes most of a minute on two cores.
const CROWDED = { chance: 0.1, requests: 90 };
const OPEN_SECONDS = 180;
const LEFT_SECONDS = 30;

/** Plans a round. */
export function planRound(round: number, { seed, faults, points, loadSeconds, perSecond }: RoundOptions): RoundPlan {
  const random = Random.of(seed, round, 'plan');
  const fault = faults[(round - 1) % faults.length] ?? random.pick(faults);
  const planned = planPoint(random, fault, [200, loadSeconds * 1000 + 500]);
  const again = random.chance(0.25) ? random.integer(0, 2000) : undefined;
  const crowd = random.chance(CROWDED.chance) ? CROWDED.requests : 0;
  const weights = Object.fromEntries(Object.entries(PIPELINES).map(([name, { weight }]) => [name, weight]));
  return {
    round,
    fault,
    point: points?.[(round - 1) % points.length] ?? planned,
    again: fault.name === 'gateway-kill' ? again : undefined,
    load: planLoad(Random.of(seed, round, 'load'), { seconds: loadSeconds, perSecond, crowd, pipelines: weights }),
  };
}

/** The point of a plan, with its second kill. */
export function pointsOf({ point, again }: RoundPlan): string {
  return again === undefined ? nameOf(point) : `${nameOf(point)} +${again}ms`;
}

/** Runs a round: a gateway, the load, the fault, quiet until nothing is open, and the judgement. Rejects, cleaned up, once `signal` is aborted. */
export async function runRound(lab: Lab, plan: RoundPlan, signal: AbortSignal): Promise<RoundResult> {
  const began = performance.now();
  signal.throwIfAborted();
  lab.calm();
  const stage = await Stage.set(lab);
  try {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return await Promise.race([play(lab, stage, plan, began, signal), aborted]);
  } finally {
    lab.calm();
    await stage.clear();
  }
}

async function play(lab: Lab, stage: Stage, plan: RoundPlan, began: number, signal: AbortSignal): Promise<RoundResult> {
  const { fault, point, again, load } = plan;
  const clients = new Clients(() => stage.url);
  let reached = false;
  const beside: Promise<unknown>[] = [];
  const struck = Promise.withResolvers<void>();
  const strike = async (): Promise<Turn> => {
    reached = true;
    try {
      return await fault.strike({ stage, lab, point, clients, aside: (work) => void beside.push(work) });
    } finally {
      struck.resolve();
    }
  };
  if (!('afterMs' in point)) lab.judgeBy(trap(point, strike));
  const requests = clients.run(load, signal);
  if ('afterMs' in point) await sleep(point.afterMs, undefined, { signal }).then(strike);
  else await Promise.race([struck.promise, requests.then(() => quiet(stage))]);
  if (reached && again !== undefined) {
    await stage.listening();
    await sleep(again, undefined, { signal });
    await stage.kill();
    stage.restart();
  }
  await requests;
  await Promise.all(beside);
  const left = await stage.settle(OPEN_SECONDS, LEFT_SECONDS);
  await (await stage.listening()).stop();
  const { answers, offered } = clients;
  return {
    round: plan.round,
    fault: fault.name,
    point: pointsOf(plan),
    reached,
    offered,
    accepted: answers.filter(isAccepted).length,
    refused: answers.filter(({ status }) => status === 429).length,
    unanswered: answers.filter((answered) => !isAccepted(answered) && answered.status !== 429).length,
    runs: new Set(answers.filter(isAccepted).map(({ run }) => run)).size,
    starts: stage.starts.count,
    seconds: (performance.now() - began) / 1000,
    findings: await judge(stage, answers, left),
    answers,
    logs: stage.logs,
  };
}

/** Waits until no run is open: a point that was not reached by then will not be. */
async function quiet(stage: Stage): Promise<void> {
  await eventually('no open run', async () => (await stage.bucket.keys('_esclusa/open/')).length === 0, OPEN_SECONDS).catch(() => undefined);
}
