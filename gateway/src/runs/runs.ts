import type { JobJson } from '@esclusa/contract';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Engine } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import type { OpenRun, Owner } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { resolveVariables } from '../pipelines/variables.ts';
import { Cleaner } from './cleaner.ts';
import { RunHandle } from './handle.ts';
import { RunLookUp } from './look-up.ts';
import { effectiveLimits } from './plan.ts';
import { persist } from './persist.ts';
import type { Runner } from './runner.ts';

/** What accepting runs needs. */
export interface RunsServices {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly runner: Runner;
  readonly installation: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly log: Logger;
  /** Which containers stay after their end, unless a caller asks for more. */
  readonly keepContainers: OpenRun['keep'];
  readonly keepHours: number;
}

/** What a caller asks for. */
export interface Submission {
  readonly pipeline: Pipeline;
  readonly job: JobJson;
  /** Names of the datasets wanted; all of the pipeline's when undefined. */
  readonly datasets: readonly string[] | undefined;
  /** Whether its containers shall stay, to be looked into. */
  readonly keep?: boolean | undefined;
}

const RETRY_AFTER_SECONDS = 10;
const EXPIRY_LOOKS = 10;
const EXPIRY_PAUSE_SECONDS = { least: 1, most: 600 };

/** The runs of this gateway: accepts them, has them driven within the slots, and takes up those of an earlier gateway. */
export class Runs {
  readonly #services: RunsServices;
  readonly #slots: PQueue;
  readonly #handles = new Map<string, RunHandle>();
  readonly #cleaner: Cleaner;
  readonly #lookUp: RunLookUp;
  #expiry: NodeJS.Timeout | undefined;
  /** Aborted when the gateway gives up waiting for its runs; containers that can be adopted run on. */
  readonly #leave = new AbortController();
  #closing = false;
  #identity: string | undefined;

  constructor(services: RunsServices) {
    this.#services = services;
    this.#slots = new PQueue({ concurrency: services.maxRunning });
    this.#cleaner = new Cleaner(services, (run) => this.#handles.has(run));
    this.#lookUp = new RunLookUp(services.ledger, (run) => this.#handles.get(run));
  }

  /** Accepts a run: when this resolves its entry is in S3 and it will be ended, whatever happens to this process. */
  async submit({ pipeline, job, datasets, keep }: Submission): Promise<RunHandle> {
    if (this.#closing) throw new GatewayError('SHUTTING_DOWN', 'the gateway is stopping and takes no more runs');
    const { maxRunning, maxWaiting } = this.#services;
    const owner = await this.#owner();
    // Those that are being accepted count too: many may come before the first is in S3.
    if (this.#handles.size >= maxRunning + maxWaiting) {
      throw new GatewayError('WAITING_ROOM_FULL', `${maxWaiting} runs are waiting, which is the bound (MAX_WAITING); try again later`, {
        details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
      });
    }
    // What can be known to be missing is said now and not after a container was started.
    resolveVariables(pipeline, job, this.#services.environment);
    if (keep === true && !this.#services.engine.capabilities.keeps) {
      throw new GatewayError('NOT_SUPPORTED', `the ${this.#services.engine.name} engine has no containers to keep; use ENGINE=docker, or leave "keep" out`, {
        details: { field: 'keep' },
      });
    }
    const run = this.#open({ pipeline, job, datasets, keep }, owner);
    const handle = new RunHandle(run);
    this.#handles.set(run.run, handle);
    try {
      await this.#services.ledger.accept(run);
    } catch (error) {
      this.#handles.delete(run.run);
      // Beside the answer, which an S3 that hangs must not hold up twice.
      this.#services.ledger.refuse(run).catch((second: unknown) => {
        this.#services.log.warn({ err: second, run: run.run }, 'a run that could not be accepted may still have its entry; then it runs at the next start');
      });
      throw error;
    }
    this.#services.log.info({ run: run.run, pipeline: run.pipeline }, 'run accepted');
    this.#drive(run, handle, false);
    return handle;
  }

  /** Takes up what an earlier gateway of this installation left: open runs are driven on, containers without a run removed. */
  async recover(): Promise<void> {
    const { engine, ledger, installation, log } = this.#services;
    const nobody = { trouble: () => {}, relieved: () => {} };
    await persist(
      'looking for runs of an earlier gateway',
      async () => {
        const owner = await this.#owner();
        // Containers first: one that appears later belongs to a run that is accepted later.
        const containers = await engine.list(installation);
        for (const run of await ledger.openRuns(owner)) {
          if (this.#handles.has(run.run)) continue;
          log.info({ run: run.run, pipeline: run.pipeline }, 'taking up a run of an earlier gateway');
          const handle = new RunHandle(run);
          this.#handles.set(run.run, handle);
          this.#drive(run, handle, true);
        }
        await this.#cleaner.removeEnded(containers);
      },
      log,
      nobody,
      this.#leave.signal,
    );
    this.#watchExpiry();
  }

  /** Runs by their id. */
  get lookUp(): RunLookUp {
    return this.#lookUp;
  }

  /** Runs that are being driven or wait for a slot. */
  get counts(): { running: number; waiting: number } {
    return { running: this.#slots.pending, waiting: this.#slots.size };
  }

  /** Stops: no new runs; those in a slot get `seconds` to end; the rest is left to the next gateway. */
  async close(seconds: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#expiry);
    this.#slots.pause();
    this.#slots.clear();
    const timeUp = new Promise<void>((resolve) => void setTimeout(resolve, seconds * 1000).unref());
    await Promise.race([this.#slots.onPendingZero(), timeUp]);
    const goesOn = this.#services.engine.capabilities.adopts ? 'the run goes on and is taken up at the next start' : 'the run is tried again at the next start';
    for (const handle of this.#handles.values()) {
      handle.letGo(new GatewayError('SHUTTING_DOWN', `the gateway was stopped before the run had ended; ${goesOn}`, { details: { run: handle.run } }));
    }
    this.#leave.abort(new Error('the gateway is stopping'));
    // Jobs of an engine that can't adopt are told to stop now; they get their grace period.
    if (!this.#services.engine.capabilities.adopts) await this.#slots.onPendingZero();
  }

  #drive(run: OpenRun, handle: RunHandle, resume: boolean): void {
    const { runner, log } = this.#services;
    this.#slots
      .add(() => runner.drive(run, handle, resume, this.#leave.signal))
      .catch((error: unknown) => {
        if (this.#leave.signal.aborted) return;
        log.error({ err: error, run: run.run }, 'driving the run failed; it stays open and is taken up at the next start');
        handle.letGo(new GatewayError('INTERNAL', 'the gateway failed to drive the run; see its log', { cause: error, details: { run: run.run } }));
      })
      .finally(() => this.#handles.delete(run.run));
  }

  /** Looks now and then for kept containers whose time is over. */
  #watchExpiry(): void {
    const { keepHours, log } = this.#services;
    if (this.#closing) return;
    const { least, most } = EXPIRY_PAUSE_SECONDS;
    const pause = Math.min(Math.max((keepHours * 3_600) / EXPIRY_LOOKS, least), most);
    let looking = false;
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      // The engine may be away; then the next look finds them.
      await this.#cleaner.removeExpired().catch((error: unknown) => log.warn({ err: error }, 'looking for kept containers failed'));
      looking = false;
    };
    this.#expiry = setInterval(() => void look(), pause * 1_000).unref();
  }

  #open({ pipeline, job, datasets: wanted, keep }: Submission, owner: Owner): OpenRun {
    const names = wanted ?? Object.keys(pipeline.datasets);
    const unknown = names.filter((name) => !Object.hasOwn(pipeline.datasets, name));
    if (unknown.length > 0) {
      const known = Object.keys(pipeline.datasets);
      throw new GatewayError(
        'BODY_INVALID',
        `the pipeline "${pipeline.name}" has no dataset ${unknown.map((name) => `"${name}"`).join(', ')}; it has ${known.join(', ')}`,
        {
          details: { field: 'datasets', datasets: known },
        },
      );
    }
    return {
      version: 1,
      run: uuidv7(),
      owner,
      pipeline: pipeline.name,
      job: pipeline.job,
      acceptedAt: new Date().toISOString(),
      datasets: Object.fromEntries(names.map((name) => [name, pipeline.datasets[name] ?? {}])),
      source: pipeline.source,
      destination: pipeline.destination.prefix ?? pipeline.name,
      limits: effectiveLimits(job.limits, pipeline.limits),
      keep: keep === true ? 'all' : this.#services.keepContainers,
    };
  }

  async #owner(): Promise<Owner> {
    const { engine, installation } = this.#services;
    if (this.#identity === undefined) {
      const { identity, problem } = await engine.health();
      if (identity === undefined) throw new GatewayError('ENGINE_UNREACHABLE', problem ?? 'the engine does not answer');
      this.#identity = identity;
    }
    return { installation, engine: this.#identity };
  }
}
