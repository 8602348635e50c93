import { setTimeout as sleep } from 'node:timers/promises';
import { DATASETS_READ, SECRETS_RECEIVED, utcStamp } from '@esclusa/contract';
import type { Logger } from 'pino';
import type { AttemptEntry, EndedRun, OpenRun, Verdict } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type AttemptControl, type AttemptServices, type EndedAttempt, adoptAttempt, prepareAttempt, runAttempt } from './attempt.ts';
import { refusal, unlessRefused } from './refusal.ts';
import type { RunHandle } from './handle.ts';
import { isKept } from './keep.ts';
import { type Outcome, decideOutcome, explain } from './outcome.ts';
import { persist } from './persist.ts';
import { type RetryPolicy, pauseSeconds, whatNext } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RunTimes } from './run-times.ts';
import type { Slots } from './slots.ts';
import { dataKeys } from './stamp.ts';
import { EngineError } from '../engine/engine.ts';
import { cancelledRun, endedRun, outcomeOf, reportOf } from './final-entry.ts';

// A run that waited longer than this may have been taken up by another gateway meanwhile.
const TAKEN_UP_AFTER_MS = 1_000;
// Another gateway may be about to create the container of an attempt that it has just begun.
const CREATED_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 250;

/** What driving runs needs. */
export interface RunnerServices extends AttemptServices {
  readonly ledger: Ledger;
  readonly retry: RetryPolicy;
  readonly budget: RetryBudget;
  readonly slots: Slots;
  readonly times: RunTimes;
  readonly log: Logger;
}

/** Does what must not be given up; see {@link persist}. */
type Must = <T>(doing: string, action: () => Promise<T>) => Promise<T>;

/** One run while it is driven. */
interface Drive {
  readonly run: OpenRun;
  readonly handle: RunHandle;
  readonly log: Logger;
  readonly must: Must;
  readonly leave: AbortSignal;
  readonly entries: AttemptEntry[];
}

/** What one attempt came to. */
interface Attempted {
  readonly entry: AttemptEntry;
  readonly ended: EndedAttempt | undefined;
  readonly outcome: Outcome;
  /** What stands in the ledger of an attempt that published nothing. */
  readonly verdict: Verdict | undefined;
  readonly kept: boolean;
}

/**
 * Drives one run from its open entry to its final one: attempts, decisions, sweeps. Each step may be repeated without harm, and by
 * two gateways at once: what is decided is decided by a conditional PUT, and whoever comes second goes by what the first has written.
 */
export class Runner {
  readonly #services: RunnerServices;

  constructor(services: RunnerServices) {
    this.#services = services;
  }

  /**
   * Waits for a place and ends a run. `fresh`: it was accepted by this gateway just now, so that there can be no attempt yet.
   * Rejects only when it is taken out of line or `leave` is aborted, or by a mistake of ours; the open entry then stays.
   */
  async drive(handle: RunHandle, fresh: boolean, leave: AbortSignal): Promise<void> {
    const { ledger } = this.#services;
    const log = this.#services.log.child({ run: handle.run, pipeline: handle.entry.pipeline });
    const must: Must = (doing, action) => persist(doing, action, log, handle, leave);
    const began = performance.now();
    let release = await this.#place(handle);
    const waited = performance.now() - began > TAKEN_UP_AFTER_MS;
    try {
      // One that waited may have been ended by another gateway, or refused.
      const run = fresh && !waited ? handle.accepted : await must('reading the run', () => this.#stillOpen(handle));
      if (run === undefined) return;
      handle.accepted = run;
      const entries = fresh && !waited ? [] : await must('reading the attempts', () => ledger.attempts(run));
      const drive: Drive = { run, handle, log, must, leave, entries };
      for (let attempt = 1; ; attempt++) {
        const attempted = await this.#attempt(drive, attempt);
        if (attempted === undefined) return;
        if (attempted.verdict?.next !== 'retry') return;
        handle.note('retry', attempt);
        release();
        const pause = pauseSeconds(attempt, this.#services.retry, Math.random());
        log.info({ code: attempted.verdict.code, pauseSeconds: pause }, 'another attempt follows');
        await sleep(pause * 1000, undefined, { signal: AbortSignal.any([leave, handle.cancelled]) }).catch(() => undefined);
        leave.throwIfAborted();
        release = await this.#place(handle);
        if ((await must('looking whether the run is open still', () => this.#stillOpen(handle))) === undefined) return;
      }
    } finally {
      release();
    }
  }

  /** A place to go on in; one that is to be cancelled needs none. */
  async #place(handle: RunHandle): Promise<() => void> {
    const { slots, times } = this.#services;
    if (handle.isCancelled) return () => {};
    let release: () => void;
    try {
      release = await slots.take(handle.entry);
    } catch (error) {
      if (handle.isCancelled || handle.result !== undefined) return () => {};
      throw error;
    }
    const since = performance.now();
    return () => {
      times.ended((performance.now() - since) / 1_000);
      release();
    };
  }

  /** The run as it was accepted; undefined when it has ended, which whoever waits for it is told. */
  async #stillOpen(handle: RunHandle): Promise<OpenRun | undefined> {
    const { ledger } = this.#services;
    if (handle.result !== undefined) return undefined;
    const run = await ledger.openRun(handle.owner, handle.entry);
    if (run !== undefined) return run;
    const ended = await ledger.endedRun(handle.run);
    if (ended !== undefined) handle.ended(ended);
    return undefined;
  }

  /** One attempt, from what the ledger knows of it to what follows from it. Of the last one everything is ended here. */
  async #attempt(drive: Drive, number: number): Promise<Attempted | undefined> {
    const { run, handle, must, entries } = drive;
    const { ledger } = this.#services;
    const found = entries.find(({ attempt }) => attempt === number);
    if (found === undefined && (await this.#isCancelled(drive))) {
      await this.#finish(drive, cancelledRun(run, handle), undefined);
      return undefined;
    }
    const entry = found ?? (await must('beginning an attempt', () => this.#begin(run, number)));
    if (found === undefined) entries.push(entry);
    const log = drive.log.child({ attempt: number });
    // Decided already: by an earlier gateway, or by another one that was quicker.
    const decided = await must('looking at the commit key', () => ledger.decisionAt(entry.commitKey));
    const verdict = decided?.state === 'aborted' ? await must('looking at the verdict', () => ledger.verdict(run.owner, run.run, number)) : undefined;
    if (verdict !== undefined) {
      handle.reports.push(verdict.report);
      if (verdict.next !== 'retry') await this.#finish(drive, endedRun(run, handle, entry, outcomeOf(verdict), verdict.next, verdict.logTail), undefined);
      else if (handle.state !== 'settling') handle.note('decided', number);
      return { entry, ended: undefined, outcome: outcomeOf(verdict), verdict, kept: false };
    }
    if (decided !== undefined && (await this.#hasEnded(drive))) return undefined;
    const attempted = await this.#carryOut({ ...drive, log }, entry, found !== undefined, decided !== undefined);
    const next = attempted.verdict?.next ?? 'succeed';
    if (next === 'retry') {
      await this.#writeLog(entry, attempted, must);
      await this.#remove(attempted, log);
    } else {
      const tail = attempted.verdict?.logTail ?? attempted.ended?.collector.tail ?? [];
      await this.#finish(drive, endedRun(run, handle, entry, attempted.outcome, next, tail), attempted);
    }
    return attempted;
  }

  /**
   * Whether the run has its final entry already, though it is open: its end was interrupted, or its open entry was written so late that
   * the run had ended meanwhile. Then only what is left of it is cleared away.
   */
  async #hasEnded({ run, handle, must, entries }: Drive): Promise<boolean> {
    const { ledger } = this.#services;
    const ended = await must('looking for the final entry', () => ledger.endedRun(run.run));
    if (ended === undefined) return false;
    handle.ended(ended);
    await must('clearing away after a run that has ended', () => ledger.end(ended, entries));
    return true;
  }

  /** Reserves keys for an attempt and writes them down, before there is a container. */
  async #begin(run: OpenRun, attempt: number): Promise<AttemptEntry> {
    const { ledger } = this.#services;
    const now = new Date();
    const stamp = utcStamp(now);
    const { owner, destination } = run;
    const reserved = await ledger.reserveStamp(destination, stamp, run);
    const keys = dataKeys(destination, Object.keys(run.datasets), stamp, run.run, reserved);
    const commitKey = ledger.commitKey(run.run, attempt);
    return ledger.beginAttempt({ version: 1, run: run.run, owner, attempt, createdAt: now.toISOString(), destination, stamp, reserved, keys, commitKey });
  }

  /** Has the container run, unless the attempt is decided, and settles what came of it. */
  async #carryOut(drive: Drive, entry: AttemptEntry, adopt: boolean, decided: boolean): Promise<Attempted> {
    const { run, handle, log, must } = drive;
    const { ledger, engine } = this.#services;
    const startedAt = new Date().toISOString();
    let ended: EndedAttempt | undefined;
    let refused: Outcome | undefined;
    try {
      // What is left of a decided one is read to its end too: it must have stopped before it is swept, and its log is kept.
      ended = adopt || decided ? await this.#takeUp(drive, entry, decided) : await this.#contain(drive, entry);
    } catch (error) {
      if (drive.leave.aborted) throw error;
      refused = refusal(error);
      log.warn({ err: error }, 'the attempt could not be started');
    }
    if (handle.state === 'queued' || handle.state === 'retrying') handle.note('decided', entry.attempt);
    else handle.note(handle.state === 'starting' ? 'refused' : 'ended', entry.attempt);

    const exit = ended?.exit ?? { status: undefined, oomKilled: false };
    const commit = await must('settling the attempt', () => ledger.settle(entry, refused !== undefined && !refused.ok ? refused.code : 'settled'));
    // Who asked for it may have asked another gateway, which stopped the container.
    const ownStop = ended?.ownStop ?? (commit.state === 'aborted' && (await this.#isCancelled(drive)) ? 'cancelled' : undefined);
    const view = { commit, exit, ownStop, final: ended?.collector.final, memoryPeakBytes: ended?.collector.memoryPeakBytes };
    const own =
      commit.state === 'aborted' && refused !== undefined && ownStop === undefined ? refused : decideOutcome({ ...view, memoryLimitMiB: run.limits.memoryMiB });
    const outcome = explain(own, engine.surroundings);
    // One that vanished can't be kept.
    const container = ended?.container !== undefined && exit.status !== undefined && isKept(run.keep, outcome.ok) ? ended.container.name : undefined;
    const report = reportOf(entry, commit.state, startedAt, exit.status, outcome, container);
    handle.note(commit.state, entry.attempt);
    if (outcome.ok) {
      log.info({ state: commit.state, exitStatus: exit.status }, 'attempt ended');
      handle.reports.push(report);
      handle.published(outcome.manifest);
      return { entry, ended, outcome, verdict: undefined, kept: container !== undefined };
    }
    await this.#sweep(entry, log, must);
    const verdict = await must('deciding what follows', () => this.#judge(drive, entry, outcome, report, ended?.collector.tail ?? []));
    log.info({ state: commit.state, exitStatus: exit.status, code: verdict.code, next: verdict.next }, 'attempt ended');
    handle.reports.push(verdict.report);
    return { entry, ended, outcome: outcomeOf(verdict), verdict, kept: container !== undefined };
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
      report: { ...report, code, message },
      logTail: [...tail],
    });
  }

  /**
   * Starts or adopts the container and stays with it to its end; undefined when one to be adopted is gone. An attempt may only be
   * given up once its container is seen to have stopped, so an engine that went away in between is waited for.
   */
  async #contain(drive: Drive, entry: AttemptEntry): Promise<EndedAttempt | undefined> {
    const { run, handle, log } = drive;
    handle.note('created', entry.attempt);
    try {
      const prepared = await prepareAttempt(this.#services, await this.#services.engine.describe(run.job), run, entry, 'run');
      return await runAttempt(this.#services, prepared, log, this.#control(drive, entry));
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'ENGINE_UNREACHABLE') throw error;
      log.warn({ err: error }, 'the engine went away while the container was started');
      const ended = await this.#takeUp(drive, entry, true);
      if (ended === undefined) throw error;
      return ended;
    }
  }

  /** `atOnce`: one that is not there now won't come. */
  async #takeUp(drive: Drive, entry: AttemptEntry, atOnce: boolean): Promise<EndedAttempt | undefined> {
    const { run, must, log, leave } = drive;
    const { engine } = this.#services;
    const prepare = async () => prepareAttempt(this.#services, await engine.describe(run.job), run, entry, 'run');
    const prepared = await must('putting the attempt together', () => unlessRefused(prepare));
    if (prepared instanceof Error) throw prepared;
    for (;;) {
      const found = await must('looking for the container', () => adoptAttempt(this.#services, prepared, log, this.#control(drive, entry)));
      if (found !== undefined) return found();
      if (atOnce || Date.now() - Date.parse(entry.createdAt) > CREATED_WITHIN_MS) return undefined;
      await sleep(LOOK_AGAIN_MS, undefined, { signal: leave });
      if ((await must('looking at the commit key', () => this.#services.ledger.decisionAt(entry.commitKey))) !== undefined) return undefined;
    }
  }

  #control({ handle, leave }: Drive, { attempt }: AttemptEntry): AttemptControl {
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
        // Nothing here may throw: a job may say anything at any time.
        event: (name) => {
          if (name === SECRETS_RECEIVED && (handle.state === 'starting' || handle.state === 'running')) handle.note('secrets-received', attempt);
          if (name === DATASETS_READ && handle.state === 'running') handle.note('last-row', attempt);
        },
      },
    };
  }

  async #isCancelled({ run, handle, must }: Drive): Promise<boolean> {
    if (handle.isCancelled) return true;
    if (handle.state === 'queued') return false;
    return must('looking whether the run is to be cancelled', () => this.#services.ledger.cancelAsked(run.owner, run.run));
  }

  /** Sweeps now; the reconciler does once more later, for what S3 was still busy with when the job died. */
  async #sweep(entry: AttemptEntry, log: Logger, must: Must): Promise<void> {
    const { ledger } = this.#services;
    const began = await must('looking when the attempt began', () => ledger.beganAt(entry));
    const swept = await must('sweeping the attempt', () => ledger.sweep(entry, began, 'aborted'));
    if (swept.uploads + swept.objects > 0) log.info({ swept }, 'swept what the attempt had left');
  }

  /** Answers, writes everything down, and clears away; in this order, so that nobody waits for a ledger that is away. */
  async #finish(drive: Drive, ended: EndedRun, attempted: Attempted | undefined): Promise<void> {
    const { handle, must, entries, log } = drive;
    handle.ended(ended);
    if (attempted !== undefined) await this.#writeLog(attempted.entry, attempted, must);
    await must('writing the final entry', () => this.#services.ledger.end({ ...ended, timeline: [...handle.timeline] }, entries));
    if (attempted !== undefined) await this.#remove(attempted, log);
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
      // The reconciler finds it by its labels: its run has no open entry any more.
      log.warn({ err: error }, 'the container could not be removed');
    }
  }
}
