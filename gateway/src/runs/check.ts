import type { JobJson, JobResult } from '@esclusa/contract';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { GatewayError } from '../errors.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { resolveVariables } from '../pipelines/variables.ts';
import { type AttemptServices, prepareAttempt, runAttempt } from './attempt.ts';
import { decideOutcome, explain } from './outcome.ts';
import { effectiveLimits } from './plan.ts';
import { destinationOf } from './stamp.ts';
import { chosenDatasets } from './submission.ts';

/** Why a job could not say what it was asked. */
interface Refused {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly checkedAt: string;
}

/** What a job said of its source and destination when it was asked to look. */
export type CheckResult = { readonly ok: true; readonly source: Record<string, unknown>; readonly checkedAt: string } | Refused;

/** What a job would extract. */
export type PlanResult = ({ readonly ok: true; readonly checkedAt: string } & Pick<Described, 'source' | 'datasets'>) | Refused;
type Described = Extract<JobResult, { mode: 'check' | 'plan' }>;

const SECONDS = { check: 30, plan: 60 };
const CHECKS_AT_ONCE = 2;
const PLANS_WAITING = 20;

/** Asks jobs, in the contract's `check` and `plan` modes, in containers of their own. Answers to checks are kept for a while, and asked for once. */
export class Checks {
  readonly #services: AttemptServices;
  readonly #log: Logger;
  readonly #keepMs: number;
  readonly #slots = new PQueue({ concurrency: CHECKS_AT_ONCE });
  #plansWaiting = 0;
  readonly #kept = new Map<string, { at: number; result: Promise<CheckResult> }>();

  constructor(services: AttemptServices, log: Logger, keepSeconds: number) {
    this.#services = services;
    this.#log = log;
    this.#keepMs = keepSeconds * 1000;
  }

  /** The newest answer for a pipeline, or a new one when it is too old. Rejects with what keeps the job from being started. */
  async check(pipeline: Pipeline, job: JobJson): Promise<CheckResult> {
    const kept = this.#kept.get(pipeline.name);
    if (kept !== undefined && Date.now() - kept.at < this.#keepMs) return kept.result;
    // Before plans: of each pipeline there is one at most.
    const result = this.#slots.add(
      async (): Promise<CheckResult> => {
        const asked = await this.#ask(pipeline, job, 'check', pipeline.datasets);
        return asked.ok ? { ok: true, source: asked.source, checkedAt: asked.checkedAt } : asked;
      },
      { priority: 1 },
    );
    // Its age counts from its end: whoever comes before shares the question.
    const entry = { at: Infinity, result };
    this.#kept.set(pipeline.name, entry);
    result.then(
      () => (entry.at = Date.now()),
      () => this.#kept.delete(pipeline.name),
    );
    return result;
  }

  /**
   * Tells what a run of these datasets would extract, all of the pipeline's by default. Rejects with what keeps the job from being started, with
   * `TOO_MANY_REQUESTS` when many wait, and when `signal` is aborted: then it leaves the line, or its container is stopped.
   */
  async plan(pipeline: Pipeline, job: JobJson, { datasets, signal }: { datasets: readonly string[] | undefined; signal: AbortSignal }): Promise<PlanResult> {
    if (!job.modes.includes('plan')) {
      throw new GatewayError('NOT_SUPPORTED', `the job "${job.name}" has no "plan" among the modes of its job.json, so it can't tell what it would extract`);
    }
    const wanted = chosenDatasets(pipeline, datasets);
    resolveVariables(pipeline, job, this.#services.environment);
    if (this.#plansWaiting >= PLANS_WAITING) {
      throw new GatewayError('TOO_MANY_REQUESTS', `${PLANS_WAITING} plans are waiting, which is the bound; try again later`, {
        details: { retryAfterSeconds: SECONDS.plan },
      });
    }
    // Only out of the line: a container that is being stopped keeps its place until it has ended.
    const line = new AbortController();
    const leave = (): void => line.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    this.#plansWaiting++;
    const left = once(() => {
      this.#plansWaiting--;
      signal.removeEventListener('abort', leave);
    });
    try {
      const begin = (): Promise<PlanResult> => {
        left();
        return this.#ask(pipeline, job, 'plan', wanted, signal);
      };
      if (signal.aborted) leave();
      return await this.#slots.add(begin, { signal: line.signal });
    } finally {
      left();
    }
  }

  async #ask(pipeline: Pipeline, job: JobJson, mode: 'check' | 'plan', datasets: Pipeline['datasets'], cancelled?: AbortSignal): Promise<PlanResult> {
    const { name, source } = pipeline;
    const limits = { ...effectiveLimits(job.limits, pipeline.limits), timeAllowedSeconds: SECONDS[mode] };
    const run = { run: uuidv7(), pipeline: name, job: pipeline.job, datasets, limits, source, keep: 'none' as const };
    const prefix = destinationOf(pipeline);
    const keys = Object.fromEntries(Object.keys(datasets).map((dataset) => [dataset, `${prefix}/${dataset}`]));
    const prepared = await prepareAttempt(this.#services, job, run, { attempt: 1, keys, commitKey: `${prefix}/${run.run}` }, mode);
    const log = this.#log.child({ run: run.run, pipeline: name, mode });
    const ended = await runAttempt(this.#services, prepared, log, {
      leave: new AbortController().signal,
      output: () => {},
      ...(cancelled === undefined ? {} : { cancelled }),
    });
    await ended.container?.remove();
    const checkedAt = new Date().toISOString();
    const { final } = ended.collector;
    if (final?.type === 'result' && final.mode !== 'run') return { ok: true, source: final.source, datasets: final.datasets, checkedAt };
    const decided = decideOutcome({
      commit: undefined,
      exit: ended.exit,
      ownStop: ended.ownStop,
      final,
      memoryPeakBytes: ended.collector.memoryPeakBytes,
      memoryLimitMiB: limits.memoryMiB,
      resultCut: ended.collector.resultCut,
    });
    const outcome = explain(decided, this.#services.engine.surroundings);
    if (outcome.ok) throw new Error('a question has nothing to commit');
    return { ok: false, code: outcome.code, message: outcome.message, checkedAt };
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
