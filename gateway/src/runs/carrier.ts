import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECTED, DATASETS_READ, SECRETS_RECEIVED } from '@esclusa/contract';
import type { Logger } from 'pino';
import { EngineError } from '../engine/engine.ts';
import type { DecidedAttempt, Decision } from '../ledger/decisions.ts';
import type { AttemptEntry, OpenRun, Verdict } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type AttemptControl, type AttemptServices, type EndedAttempt, type PreparedAttempt, adoptAttempt, prepareAttempt, runAttempt } from './attempt.ts';
import { outcomeOf, reportOf, startsAgain } from './final-entry.ts';
import type { RunHandle } from './handle.ts';
import { isKept } from './keep.ts';
import { type Failure, type Outcome, decideOutcome, explain } from './outcome.ts';
import { refusal, unlessRefused } from './refusal.ts';
import { type RetryPolicy, whatNext } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import { UPLOADS_AT_ONCE } from './sweeper.ts';

// Another gateway may be about to create the container of an attempt that it has just begun.
const CREATED_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 250;

/** What carrying attempts out needs. */
export interface CarrierServices extends AttemptServices {
  readonly ledger: Ledger;
  readonly retry: RetryPolicy;
  readonly budget: RetryBudget;
}

/** Does what must not be given up; see {@link persist}. */
export type Must = <T>(doing: string, action: () => Promise<T>) => Promise<T>;

/** One run while it is driven. */
export interface Drive {
  readonly run: OpenRun;
  readonly handle: RunHandle;
  readonly log: Logger;
  readonly must: Must;
  readonly leave: AbortSignal;
  readonly entries: AttemptEntry[];
  /** Another gateway may have been at it before. */
  readonly resumed: boolean;
  /** Why it is given no container any more, if so; one that it has is stayed with. */
  readonly refused: Failure | undefined;
}

/** What one attempt came to. */
export interface Attempted {
  readonly entry: AttemptEntry;
  readonly ended: EndedAttempt | undefined;
  readonly outcome: Outcome;
  readonly decision: Decision | undefined;
  /** What stands in the ledger of an attempt that published nothing. */
  readonly verdict: Verdict | undefined;
  readonly kept: boolean;
}

/** What is looked up ahead while a container is still there. */
interface Ahead {
  decision?: Promise<Decision | undefined>;
}

/** Carries out one attempt: its container from start or adoption to its end, the decision at the commit key, the sweep of one that published nothing, the verdict. */
export class Carrier {
  readonly #services: CarrierServices;

  constructor(services: CarrierServices) {
    this.#services = services;
  }

  /** Has the container run, unless the attempt is `decided`, and settles what came of it. `adopt`: it was begun before. */
  async carryOut(drive: Drive, entry: AttemptEntry, adopt: boolean, decided: boolean): Promise<Attempted> {
    const { run, handle, log, must } = drive;
    const { ledger, engine } = this.#services;
    const startedAt = new Date().toISOString();
    let ended: EndedAttempt | undefined;
    let refused: ReturnType<typeof refusal> | undefined;
    const ahead: Ahead = {};
    try {
      // What is left of a decided one is read to its end too: it must have stopped before it is swept, and its log is kept.
      ended = adopt || decided ? await this.#takeUp(drive, entry, ahead, decided) : await this.#contain(drive, entry, ahead);
    } catch (error) {
      if (drive.leave.aborted) throw error;
      refused = refusal(error);
      log.warn({ err: error }, 'the attempt could not be started');
    }
    if (handle.state === 'queued' || handle.state === 'retrying') handle.note('decided', entry.attempt);
    else handle.note(handle.state === 'starting' ? 'refused' : 'ended', entry.attempt);

    const exit = ended?.exit ?? { status: undefined, oomKilled: false };
    // A decision is for good, so one that was read before the end is the one that stands at the end.
    const commit = (await ahead.decision) ?? (await must('settling the attempt', () => ledger.settle(decidedAttempt(run, entry), refused?.code ?? 'settled')));
    const state = commit.state === 'committed' ? 'committed' : 'aborted';
    // Who asked for it may have asked another gateway, which stopped the container.
    const ownStop = ended?.ownStop ?? (state === 'aborted' && (await this.isCancelled(drive)) ? 'cancelled' : undefined);
    const { final, memoryPeakBytes, resultCut } = ended?.collector ?? {};
    const seen = { commit, exit, ownStop, final, memoryPeakBytes, resultCut, memoryLimitMiB: run.limits.memoryMiB };
    const own = commit.state === 'aborted' && refused !== undefined && ownStop === undefined ? refused : decideOutcome(seen);
    const outcome = explain(own, engine.surroundings);
    // One that vanished can't be kept.
    const container = ended?.container !== undefined && exit.status !== undefined && isKept(run.keep, outcome.ok) ? ended.container.name : undefined;
    const report = reportOf(entry, state, startedAt, exit.status, outcome, container);
    handle.note(state, entry.attempt);
    if (outcome.ok) {
      log.info({ state, exitStatus: exit.status }, 'attempt ended');
      handle.reports.push(report);
      handle.published(outcome.manifest);
      return { entry, ended, outcome, decision: commit, verdict: undefined, kept: container !== undefined };
    }
    await this.#sweep(entry, state, log, must);
    const verdict = await must('deciding what follows', () => this.#judge(drive, entry, outcome, report, ended?.collector.tail ?? []));
    log.info({ state, exitStatus: exit.status, code: verdict.code, next: verdict.next }, 'attempt ended');
    handle.reports.push(verdict.report);
    return { entry, ended, outcome: outcomeOf(verdict), decision: commit, verdict, kept: container !== undefined };
  }

  /** What a failed attempt leads to; the first gateway that says so decides. */
  async #judge({ run, handle }: Drive, entry: AttemptEntry, outcome: Extract<Outcome, { ok: false }>, report: Verdict['report'], tail: readonly string[]) {
    const { ledger, retry, budget } = this.#services;
    const earlier = handle.reports.flatMap(({ code }) => code ?? []);
    const next = whatNext(outcome, earlier, entry.attempt, retry, () => budget.take(run.sourceKey, Date.now()));
    const { code, details } = outcome;
    const message = next === 'budget' ? `${outcome.message}; no more retries for this source for now (RETRY_BUDGET)` : outcome.message;
    return ledger.judge(run.owner, {
      version: 1,
      run: run.run,
      attempt: entry.attempt,
      code,
      message,
      ...(details === undefined ? {} : { details: { ...details } }),
      next: next === 'budget' ? 'fail' : next,
      report: { ...report, code, message, ...(next === 'retry' ? { next: startsAgain(run) } : {}) },
      logTail: [...tail],
    });
  }

  /**
   * Starts or adopts the container and stays with it to its end; undefined when one to be adopted is gone. An attempt may only be
   * given up once its container is seen to have stopped, so an engine that went away in between is waited for.
   */
  async #contain(drive: Drive, entry: AttemptEntry, ahead: Ahead): Promise<EndedAttempt | undefined> {
    const { handle, log } = drive;
    handle.note('begun', entry.attempt);
    try {
      return await runAttempt(this.#services, await this.#prepare(drive, entry), log, this.#control(drive, entry, ahead));
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'ENGINE_UNREACHABLE') throw error;
      log.warn({ err: error }, 'the engine went away while the container was started');
      const ended = await this.#takeUp(drive, entry, ahead, true);
      if (ended === undefined) throw error;
      return ended;
    }
  }

  async #prepare({ run }: Drive, entry: AttemptEntry): Promise<PreparedAttempt> {
    return prepareAttempt(this.#services, await this.#services.engine.describe(run.job), run, entry, 'run');
  }

  /** `atOnce`: one that is not there now won't come. */
  async #takeUp(drive: Drive, entry: AttemptEntry, ahead: Ahead, atOnce: boolean): Promise<EndedAttempt | undefined> {
    const { must, log, leave } = drive;
    const prepared = await must('putting the attempt together', () => unlessRefused(() => this.#prepare(drive, entry)));
    if (prepared instanceof Error) throw prepared;
    for (;;) {
      const found = await must('looking for the container', () => adoptAttempt(this.#services, prepared, log, this.#control(drive, entry, ahead)));
      if (found !== undefined) return found();
      if (atOnce || Date.now() - Date.parse(entry.createdAt) > CREATED_WITHIN_MS) return undefined;
      await sleep(LOOK_AGAIN_MS, undefined, { signal: leave });
      if ((await must('looking at the commit key', () => this.#services.ledger.decisions.of(decidedAttempt(drive.run, entry)))) !== undefined) return undefined;
    }
  }

  #control({ run, handle, leave }: Drive, entry: AttemptEntry, ahead: Ahead): AttemptControl {
    const { attempt } = entry;
    let sawRows = false;
    return {
      leave,
      cancelled: handle.cancelled,
      stands: (how) => handle.note(how, attempt),
      output: (collector) => handle.begins(attempt, collector),
      listener: {
        line: (line) => handle.tell({ kind: 'line', attempt, line }),
        progress: (progress) => {
          handle.progressed(progress);
          if (!sawRows && progress.rows > 0 && handle.state === 'running') handle.note('first-row', attempt);
          sawRows ||= progress.rows > 0;
        },
        final: ({ type }) => {
          if (type !== 'result' || ahead.decision !== undefined) return;
          if (handle.state === 'running') handle.note('published', attempt);
          // S3 is asked while the container is still ending; when it can't be read now, it is once more at the end.
          ahead.decision = this.#services.ledger.decisions.of(decidedAttempt(run, entry)).catch(() => undefined);
        },
        // Nothing here may throw: a job may say anything at any time.
        event: (name) => {
          if (name === SECRETS_RECEIVED && (handle.state === 'starting' || handle.state === 'running')) handle.note('secrets-received', attempt);
          if (name === CONNECTED && handle.state === 'running') handle.note('connected', attempt);
          if (name === DATASETS_READ && handle.state === 'running') handle.note('last-row', attempt);
        },
      },
    };
  }

  /** Whether the run is to be cancelled, as this gateway knows or the ledger. */
  async isCancelled({ run, handle, must }: Drive): Promise<boolean> {
    if (handle.isCancelled) return true;
    if (handle.state === 'queued') return false;
    return must('looking whether the run is to be cancelled', () => this.#services.ledger.cancelAsked(run.owner, run.run));
  }

  /** Sweeps an attempt that published nothing; it is swept once more when its run has ended, for what is left, and what S3 was still busy with when the job died. */
  async #sweep(entry: AttemptEntry, state: Decision['state'], log: Logger, must: Must): Promise<void> {
    const { ledger } = this.#services;
    const began = await must('looking when the attempt began', () => ledger.beganAt(entry));
    const swept = await must('sweeping the attempt', () => ledger.sweep(entry, began, state, UPLOADS_AT_ONCE));
    if (swept.uploads + swept.objects > 0) log.info({ swept }, 'swept what the attempt had left');
  }
}

/** An attempt with what its decision is held against. */
export function decidedAttempt({ pipeline, job, owner }: Pick<OpenRun, 'pipeline' | 'job' | 'owner'>, entry: AttemptEntry): DecidedAttempt {
  return { ...entry, owner, pipeline, job };
}
