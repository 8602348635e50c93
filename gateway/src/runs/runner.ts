import { setTimeout as sleep } from 'node:timers/promises';
import { type Commit, JobError, utcStamp } from '@esclusa/contract';
import type { Logger } from 'pino';
import { type AttemptExit, EngineError } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import type { AttemptEntry, AttemptReport, EndedRun, OpenRun } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type AttemptControl, type AttemptServices, type EndedAttempt, adoptAttempt, prepareAttempt, runAttempt } from './attempt.ts';
import type { RunHandle } from './handle.ts';
import { isKept } from './keep.ts';
import { type Outcome, decideOutcome, explain } from './outcome.ts';
import { persist } from './persist.ts';
import { type RetryPolicy, mayRetry, pauseSeconds } from './retry.ts';
import { dataKeys } from './stamp.ts';

/** What driving runs needs. */
export interface RunnerServices extends AttemptServices {
  readonly ledger: Ledger;
  readonly retry: RetryPolicy;
  readonly log: Logger;
  /** Pause before a dead attempt's keys are swept once more, for what S3 was still busy with. */
  readonly sweepAgainSeconds: number;
}

/** Does what must not be given up; see {@link persist}. */
type Must = <T>(doing: string, action: () => Promise<T>) => Promise<T>;

/** An attempt's outcome with all that the run's final entry says of it. */
interface Attempted {
  readonly outcome: Outcome;
  readonly report: AttemptReport;
  readonly tail: readonly string[];
  readonly ended: EndedAttempt | undefined;
  /** Whether its container stays. */
  readonly kept: boolean;
}

/** Drives one run from its open entry to its final one: attempts, decisions, sweeps. Each step may be repeated without harm. */
export class Runner {
  readonly #services: RunnerServices;

  constructor(services: RunnerServices) {
    this.#services = services;
  }

  /** Ends a run. `resume`: it was accepted by an earlier gateway. Rejects only when `signal` is aborted; the open entry then stays. */
  async drive(run: OpenRun, handle: RunHandle, resume: boolean, signal: AbortSignal): Promise<void> {
    const { ledger, retry } = this.#services;
    const log = this.#services.log.child({ run: run.run, pipeline: run.pipeline });
    const must: Must = (doing, action) => persist(doing, action, log, handle, signal);

    const entries = resume ? await must('reading the attempts', () => ledger.attempts(run.run)) : [];
    let adopted = entries.at(-1);
    const { reports } = handle;
    for (;;) {
      const entry = adopted ?? (await must('beginning an attempt', () => this.#begin(run, entries.length + 1)));
      if (adopted === undefined) entries.push(entry);
      const attempted = await this.#attempt(run, entry, adopted !== undefined, log.child({ attempt: entry.attempt }), must, {
        leave: signal,
        output: (collector) => (handle.output = { attempt: entry.attempt, collector }),
      });
      adopted = undefined;
      const { outcome } = attempted;
      const earlierCodes = reports.flatMap((report) => report.code ?? []);
      reports.push(attempted.report);
      if (!mayRetry(outcome, earlierCodes, entries.length, retry)) {
        const ended = this.#ended(run, attempted, entry, reports);
        handle.ended(ended);
        await this.#writeLog(entry, attempted, must);
        await must('writing the final entry', () => ledger.end(ended, entries));
        await this.#remove(attempted, log);
        return;
      }
      await this.#writeLog(entry, attempted, must);
      await this.#remove(attempted, log);
      const pause = pauseSeconds(entries.length, retry, Math.random());
      log.info({ code: outcome.ok ? undefined : outcome.code, pauseSeconds: pause }, 'another attempt follows');
      await sleep(pause * 1000, undefined, { signal });
    }
  }

  /** Reserves keys for an attempt and writes them down, before there is a container. */
  async #begin(run: OpenRun, attempt: number): Promise<AttemptEntry> {
    const { ledger } = this.#services;
    const now = new Date();
    const stamp = utcStamp(now);
    const reserved = await ledger.reserveStamp(run.destination, stamp, run.run);
    const keys = dataKeys(run.destination, Object.keys(run.datasets), stamp, run.run, reserved);
    return ledger.beginAttempt({
      version: 1,
      run: run.run,
      attempt,
      createdAt: now.toISOString(),
      stamp,
      keys,
      commitKey: ledger.commitKey(run.run, attempt),
    });
  }

  async #attempt(run: OpenRun, entry: AttemptEntry, adopt: boolean, log: Logger, must: Must, control: AttemptControl): Promise<Attempted> {
    const startedAt = new Date().toISOString();
    let ended: EndedAttempt | undefined;
    let refused: Outcome | undefined;
    try {
      ended = await this.#contain(run, entry, adopt, log, must, control);
    } catch (error) {
      refused = refusal(error);
      log.warn({ err: error }, 'the attempt could not be started');
    }
    const exit: AttemptExit = ended?.exit ?? { status: undefined, oomKilled: false };
    const decide = (commit: Commit | undefined): Outcome =>
      commit?.state !== 'committed' && refused !== undefined
        ? refused
        : decideOutcome({
            commit,
            exit,
            ownStop: ended?.ownStop,
            final: ended?.collector.final,
            memoryPeakBytes: ended?.collector.memoryPeakBytes,
            memoryLimitMiB: run.limits.memoryMiB,
          });
    const expected = decide(undefined);
    const { ledger } = this.#services;
    const commit = await must('settling the attempt', () => ledger.settle(entry, expected.ok ? 'settled' : expected.code));
    const outcome = explain(decide(commit), this.#services.engine.surroundings);
    // One that vanished can't be kept.
    const kept = ended?.container !== undefined && exit.status !== undefined && isKept(run.keep, outcome.ok);
    if (commit.state === 'aborted') await this.#sweep(entry, log, must);
    log.info({ state: commit.state, exitStatus: exit.status, code: outcome.ok ? undefined : outcome.code }, 'attempt ended');
    const report: AttemptReport = {
      attempt: entry.attempt,
      state: commit.state,
      startedAt,
      endedAt: new Date().toISOString(),
      ...(exit.status === undefined ? {} : { exitStatus: exit.status }),
      ...(outcome.ok ? {} : { code: outcome.code, message: outcome.message }),
      ...(kept ? { container: ended?.container?.name } : {}),
    };
    return { outcome, report, tail: ended?.collector.tail ?? [], ended, kept };
  }

  /**
   * Starts or adopts the container and stays with it to its end; undefined when one to be adopted is gone. An attempt may only be
   * given up once its container is seen to have stopped, so an engine that went away in between is waited for.
   */
  async #contain(run: OpenRun, entry: AttemptEntry, adopt: boolean, log: Logger, must: Must, control: AttemptControl): Promise<EndedAttempt | undefined> {
    const { engine } = this.#services;
    const prepare = async () => prepareAttempt(this.#services, await engine.describe(run.job), run, entry, 'run');
    const takeUp = async (): Promise<EndedAttempt | undefined> => {
      const prepared = await must('putting the attempt together', () => unlessRefused(prepare));
      if (prepared instanceof Error) throw prepared;
      const found = await must('looking for the container', () => adoptAttempt(this.#services, prepared, log, control));
      return found === undefined ? undefined : found();
    };
    if (adopt) return takeUp();
    try {
      return await runAttempt(this.#services, await prepare(), log, control);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'ENGINE_UNREACHABLE') throw error;
      log.warn({ err: error }, 'the engine went away while the container was started');
      const ended = await takeUp();
      if (ended === undefined) throw error;
      return ended;
    }
  }

  /** Sweeps now, and once more later for what S3 was still busy with when the job died. */
  async #sweep(entry: AttemptEntry, log: Logger, must: Must): Promise<void> {
    const { ledger, sweepAgainSeconds } = this.#services;
    const began = await must('looking when the attempt began', () => ledger.beganAt(entry));
    const swept = await must('sweeping the attempt', () => ledger.sweep(entry, began));
    if (swept.uploads + swept.objects > 0) log.info({ swept }, 'swept what the attempt had left');
    setTimeout(() => {
      ledger.sweep(entry, began).then(
        (again) => again.uploads + again.objects > 0 && log.info({ swept: again }, 'swept what the attempt had left, second time'),
        (error: unknown) => log.warn({ err: error }, 'the second sweep of the attempt failed'),
      );
    }, sweepAgainSeconds * 1000).unref();
  }

  /** Writes down what the job said, before its container goes. */
  async #writeLog({ run, attempt }: AttemptEntry, { ended }: Attempted, must: Must): Promise<void> {
    if (ended !== undefined) await must('writing the log', () => this.#services.ledger.writeLog(run, attempt, ended.collector.log.text()));
  }

  async #remove({ ended, kept }: Attempted, log: Logger): Promise<void> {
    if (kept) return log.info({ container: ended?.container?.name }, 'the container is kept');
    try {
      await ended?.container?.remove();
    } catch (error) {
      // The next start finds it by its labels: its run has no open entry any more.
      log.warn({ err: error }, 'the container could not be removed');
    }
  }

  #ended(run: OpenRun, { outcome, tail }: Attempted, entry: AttemptEntry, reports: AttemptReport[]): EndedRun {
    const common = { ...run, endedAt: new Date().toISOString(), attempts: reports, logTail: [...tail] };
    if (outcome.ok) return { ...common, state: 'succeeded', commitKey: entry.commitKey };
    const { code, message, details } = outcome;
    return { ...common, state: 'failed', error: { code, message, ...(details === undefined ? {} : { details: { ...details } }) } };
  }
}

/** The result, or a refusal that trying again won't change; an engine or S3 that can't be reached is thrown, to be tried again. */
async function unlessRefused<T>(action: () => Promise<T>): Promise<T | Error> {
  try {
    return await action();
  } catch (error) {
    const outcome = refusal(error);
    if (!outcome.ok && outcome.retry !== 'no') throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What a failure before any container ran means for the run. */
function refusal(error: unknown): Outcome {
  if (error instanceof EngineError) {
    return { ok: false, code: error.code, message: error.message, retry: error.code === 'ENGINE_UNREACHABLE' ? 'yes' : 'no' };
  }
  if (error instanceof GatewayError) return { ok: false, code: error.code, message: error.message, retry: 'no', details: error.details };
  if (error instanceof JobError) return { ok: false, code: error.code, message: error.message, retry: error.retryable ? 'yes' : 'no' };
  return { ok: false, code: 'INTERNAL', message: `unexpected failure in the gateway: ${error instanceof Error ? error.message : String(error)}`, retry: 'no' };
}
