import { setTimeout as sleep } from 'node:timers/promises';
import { isIncremental, utcStamp } from '@esclusa/contract';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { Decision } from '../ledger/decisions.ts';
import type { AttemptEntry, EndedRun, OpenRun } from '../ledger/entries.ts';
import { sha256 } from '../ledger/ledger.ts';
import { UntrustedEntry, undefinedIfUntrusted } from '../ledger/sealed-store.ts';
import { within } from '../within.ts';
import { type Attempted, Carrier, type CarrierServices, type Drive, type Must, decidedAttempt } from './carrier.ts';
import { cancelledRun, endedRun, outcomeOf } from './final-entry.ts';
import type { RunHandle } from './handle.ts';
import type { Failure } from './outcome.ts';
import { InOrder } from './in-order.ts';
import { persist } from './persist.ts';
import { refusal, unlessRefused } from './refusal.ts';
import { pauseSeconds } from './retry.ts';
import type { Slots } from './slots.ts';
import { dataKeys } from './stamp.ts';
import type { Sweeper } from './sweeper.ts';

// A run that waited longer than this may have been taken up by another gateway meanwhile.
const TAKEN_UP_AFTER_MS = 1_000;
// Another run of the pipeline goes on with its increments.
const BUSY_PAUSE_MS = 1_000;
const VETTED_AT_ONCE = 8;
// The run is decided: an S3 that does not take the latest manifest now must not keep its caller waiting for good.
const ANSWER_WAITS_MS = 2_000;

/** What driving runs needs. */
export interface RunnerServices extends CarrierServices {
  /** A run that is taken up, by today's catalogue; see vouch.ts. */
  vouch(run: OpenRun): Promise<OpenRun>;
  readonly slots: Slots;
  readonly sweeper: Sweeper;
  readonly log: Logger;
}

/**
 * Drives one run from its open entry to its final one: attempts, decisions, sweeps. Each step may be repeated without harm, and by
 * two gateways at once: what is decided is decided by a conditional PUT, and whoever comes second goes by what the first has written.
 */
export class Runner {
  readonly #services: RunnerServices;
  readonly #carrier: Carrier;
  readonly #vetting = new PQueue({ concurrency: VETTED_AT_ONCE });
  readonly #takenUp = new InOrder();

  constructor(services: RunnerServices) {
    this.#services = services;
    this.#carrier = new Carrier(services);
  }

  /**
   * Waits for a place and ends a run. `fresh`: it was accepted by this gateway just now, so that there can be no attempt yet.
   * Rejects only when it is taken out of line or `leave` is aborted, or by a mistake of ours; the open entry then stays.
   */
  async drive(handle: RunHandle, fresh: boolean, leave: AbortSignal): Promise<void> {
    const { ledger } = this.#services;
    const log = this.#services.log.child({ run: handle.run, pipeline: handle.entry.pipeline });
    const must: Must = (doing, action) => persist(doing, action, log, handle, leave);
    let refused: Failure | undefined;
    let place: Promise<() => void>;
    let began: number;
    const turn = fresh ? undefined : this.#takenUp.join();
    try {
      if (turn !== undefined) {
        // Before it stands in line: what nobody has accepted must keep nobody waiting.
        const taken = await this.#vetting.add(() => must('reading the run', () => this.#vet(handle)));
        if (taken === undefined) return;
        ({ refused } = taken);
        // A refused run takes up no room among those that wait: a stranger may have written very many.
        if (refused === undefined) handle.accepted = taken.run;
        await turn.come();
      }
      began = performance.now();
      place = this.#place(handle);
    } finally {
      turn?.leave();
    }
    let release = await place;
    const waited = performance.now() - began > TAKEN_UP_AFTER_MS;
    try {
      // One that waited may have been ended by another gateway, or refused.
      const resumed = !fresh || waited;
      const run = !resumed ? handle.accepted : await must('reading the run', () => this.#stillOpen(handle));
      if (run === undefined) return;
      handle.accepted = run;
      const entries = !resumed ? [] : await must('reading the attempts', () => ledger.attempts(run));
      const drive: Drive = { run, handle, log, must, leave, entries, resumed, refused };
      for (let attempt = 1; ;) {
        const attempted = await this.#attempt(drive, attempt);
        let pauseMs = BUSY_PAUSE_MS;
        if (attempted !== 'busy') {
          if (attempted?.verdict?.next !== 'retry') return;
          handle.note('retry', attempt);
          const pause = pauseSeconds(attempt, this.#services.retry, Math.random());
          log.info({ code: attempted.verdict.code, pauseSeconds: pause }, 'another attempt follows');
          pauseMs = pause * 1000;
          attempt++;
        }
        release();
        await sleep(pauseMs, undefined, { signal: AbortSignal.any([leave, handle.cancelled]) }).catch(() => undefined);
        leave.throwIfAborted();
        release = await this.#place(handle);
        if ((await must('looking whether the run is open still', () => this.#stillOpen(handle))) === undefined) return;
      }
    } finally {
      release();
    }
  }

  /** Ends a run that is to be cancelled and can't be driven: what runs of it is stopped, what it has left is settled. False when that fails too. */
  async giveUp(handle: RunHandle): Promise<boolean> {
    const { accepted: run, entry } = handle;
    const { ledger, engine, installation, log } = this.#services;
    if (run === undefined) return false;
    try {
      const entries = await ledger.attempts(run);
      for (const begun of entries) {
        const container = await engine.adopt(begun, installation, { stdout: () => {}, stderr: () => {} });
        await container?.stop(this.#services.stopGraceSeconds);
        const { state } = await ledger.settle(decidedAttempt(run, begun), 'JOB_CANCELLED');
        await ledger.sweep(begun, await ledger.beganAt(begun), state);
        await container?.remove();
      }
      const ended = await ledger.end(cancelledRun(run, handle), entries, { entry, resumed: true });
      handle.ended(ended);
      return true;
    } catch (error) {
      log.warn({ err: error, run: run.run }, 'a run that is to be cancelled could not be given up; trying again');
      return false;
    }
  }

  /** A place to go on in; one that is to be cancelled needs none. */
  async #place(handle: RunHandle): Promise<() => void> {
    if (handle.isCancelled) return () => {};
    try {
      return await this.#services.slots.take(handle.entry);
    } catch (error) {
      if (handle.isCancelled || handle.result !== undefined) return () => {};
      throw error;
    }
  }

  /** A run that is taken up, or why it is given no container; undefined when it has ended. Rejects with `UntrustedEntry`. */
  async #vet(handle: RunHandle): Promise<{ run: OpenRun; refused: Failure | undefined } | undefined> {
    const run = await this.#stillOpen(handle);
    if (run === undefined) return undefined;
    const vouched = await unlessRefused(() => this.#services.vouch(run));
    if (!(vouched instanceof Error)) return { run: vouched, refused: undefined };
    this.#services.log.warn({ err: vouched, run: run.run, pipeline: run.pipeline }, "a run that was taken up does not go by today's pipelines");
    return { run, refused: refusal(vouched) };
  }

  /** The run as it was accepted, whatever its entry says since; undefined when it has ended, which whoever waits for it is told. */
  async #stillOpen(handle: RunHandle): Promise<OpenRun | undefined> {
    const { ledger } = this.#services;
    if (handle.result !== undefined) return undefined;
    const { accepted } = handle;
    const stands = await ledger.openRun(handle.owner, handle.entry).catch((error: unknown) => {
      // Somebody has altered what this gateway has accepted, or read, itself.
      if (accepted === undefined || !(error instanceof UntrustedEntry)) throw error;
      return accepted;
    });
    if (stands !== undefined) return accepted ?? stands;
    const ended = await ledger.endedRun(handle.run);
    if (ended !== undefined) handle.ended(ended);
    return undefined;
  }

  /** One attempt, from what the ledger knows of it to what follows from it. Of the last one everything is ended here. `busy`: another run reads the same increments. */
  async #attempt(drive: Drive, number: number): Promise<Attempted | 'busy' | undefined> {
    const { run, handle, must, entries } = drive;
    const { ledger, s3 } = this.#services;
    const found = entries.find(({ attempt }) => attempt === number);
    if (found === undefined && (await this.#carrier.isCancelled(drive))) {
      await this.#finish(drive, cancelledRun(run, handle), undefined);
      return undefined;
    }
    let entry = found;
    let isOurs = false;
    if (entry === undefined) {
      if (drive.refused !== undefined) {
        await this.#finish(drive, endedRun(run, handle, undefined, drive.refused, 'fail', []), undefined);
        return undefined;
      }
      const states = await must("claiming the datasets' states", () => unlessForGood(() => this.#claim(drive, number)));
      if (states instanceof Error) {
        await this.#finish(drive, endedRun(run, handle, undefined, refusal(states), 'fail', []), undefined);
        return undefined;
      }
      if (states === 'busy') return 'busy';
      // One instant for all tries, or a try whose answer was lost would leave its second reserved.
      const now = await unusedSecond(entries, drive.leave);
      ({ entry, isOurs } = await must('beginning an attempt', () => this.#begin(run, number, now, states)));
      entries.push(entry);
    }
    const log = drive.log.child({ attempt: number });
    // Decided already: by an earlier gateway, or by another one that was quicker. Of a run that was accepted just now, and has an attempt since just now, there can be nothing yet.
    const decided = isOurs && !drive.resumed ? undefined : await must('looking at the commit key', () => ledger.decisions.of(decidedAttempt(run, entry)));
    const verdict =
      decided !== undefined && decided.state !== 'committed'
        ? await must('looking at the verdict', () => ledger.verdict(run.owner, run.run, number))
        : undefined;
    if (verdict !== undefined) {
      handle.reports.push(verdict.report);
      if (verdict.next !== 'retry') await this.#finish(drive, endedRun(run, handle, undefined, outcomeOf(verdict), verdict.next, verdict.logTail), undefined);
      else if (handle.state !== 'settling') handle.note('decided', number);
      return { entry, ended: undefined, outcome: outcomeOf(verdict), decision: decided, verdict, kept: false };
    }
    if (decided !== undefined && (await this.#hasEnded(drive))) return undefined;
    const attempted = await this.#carrier.carryOut({ ...drive, log }, entry, found !== undefined, decided !== undefined);
    const next = attempted.verdict?.next ?? 'succeed';
    if (next === 'retry') {
      await this.#writeLog(entry, attempted, must);
      await this.#remove(attempted, log);
    } else {
      const tail = attempted.verdict?.logTail ?? attempted.ended?.collector.tail ?? [];
      const { decision } = attempted;
      const place = { bucket: s3.bucket, commitKey: entry.commitKey, sha256: decision?.state === 'committed' ? sha256(decision.text) : undefined };
      await this.#finish(drive, endedRun(run, handle, place, attempted.outcome, next, tail), attempted);
    }
    return attempted;
  }

  /**
   * Whether the run has its final entry already, though it is open: its end was interrupted, or its open entry was written so late that
   * the run had ended meanwhile. Then only what is left of it is cleared away.
   */
  async #hasEnded({ run, handle, must, entries, resumed }: Drive): Promise<boolean> {
    const { ledger } = this.#services;
    const ended = await must('looking for the final entry', () => ledger.endedRun(run.run));
    if (ended === undefined) return false;
    handle.ended(ended);
    await must('clearing away after a run that has ended', () => ledger.end(ended, entries, { entry: handle.entry, resumed }));
    return true;
  }

  /** Reserves keys for an attempt and writes them down, before there is a container; `isOurs`: nobody else had. */
  async #begin(run: OpenRun, attempt: number, now: Date, states: AttemptEntry['states']): Promise<{ entry: AttemptEntry; isOurs: boolean }> {
    const { ledger } = this.#services;
    const stamp = utcStamp(now);
    const { owner, destination, keyTemplate: template, pipeline } = run;
    const reserved = await ledger.stamps.reserve(destination, stamp, run);
    const keys = dataKeys(run.datasets, { destination, template, pipeline, run: run.run, attempt, stamp, reserved });
    const commitKey = ledger.commitKey(run.run, attempt);
    const known = states === undefined ? {} : { states };
    const createdAt = now.toISOString();
    const mine = { version: 1 as const, run: run.run, owner, attempt, createdAt, destination, stamp, reserved, keys, commitKey, pipeline, ...known };
    const entry = await ledger.beginAttempt(mine);
    return { entry, isOurs: entry === mine };
  }

  /** How far its incremental datasets were read; nobody else reads them from then on, until its commit key is decided. Undefined where it has none. */
  async #claim({ run, log }: Drive, attempt: number): Promise<AttemptEntry['states'] | 'busy'> {
    const { ledger } = this.#services;
    const datasets = incrementalDatasets(run);
    if (datasets.length === 0) return undefined;
    const commitKey = ledger.commitKey(run.run, attempt);
    const { states, by } = await ledger.states.claim(run.pipeline, { owner: run.owner, run: run.run, attempt, commitKey, datasets });
    if (states !== undefined) return run.fullRefresh === true ? {} : states;
    // Of a run that has ended without a word about this attempt nobody will decide it any more.
    if ((await ledger.endedRun(by.run)) !== undefined) await ledger.settleClaim(run.pipeline, by, run.owner, 'its run has ended');
    else log.debug({ by: by.run }, 'another run reads the increments of this pipeline; it is waited for');
    return 'busy';
  }

  /** Gives back what was claimed: of a run that ends without having begun its last attempt that one is decided here. */
  async #unclaim({ run, must, entries }: Drive): Promise<void> {
    if (incrementalDatasets(run).length === 0) return;
    const { ledger } = this.#services;
    await must("settling the datasets' states", async () => {
      const { by } = await ledger.states.read(run.pipeline);
      if (by?.run === run.run && !entries.some(({ attempt }) => attempt === by.attempt)) {
        await ledger.settleClaim(run.pipeline, by, run.owner, 'the run has ended before it');
      }
      await ledger.states.settle(run.pipeline);
      // An entry that is not believed is reported as a problem, and nothing of it is the run's.
    }).catch(undefinedIfUntrusted);
  }

  /** Makes the manifest of a run that succeeded its pipeline's latest, unless a newer one is. */
  async #publishLatest({ run, must, log }: Drive, decision: Decision | undefined): Promise<void> {
    if (decision?.state !== 'committed' || !run.whole) return;
    const { latest } = this.#services.ledger;
    const moved = await must("writing the pipeline's latest manifest", () => latest.advance(run.pipeline, decision));
    if (moved === 'mended') log.warn("what stood at the pipeline's latest manifest was none of ours; it is replaced");
  }

  /** Answers, writes everything down, and clears away; in this order, so that nobody waits long for a ledger that is away. */
  async #finish(drive: Drive, ended: EndedRun, attempted: Attempted | undefined): Promise<void> {
    const { handle, must, entries, resumed, log } = drive;
    const latest = this.#publishLatest(drive, attempted?.decision);
    // Callers rely on it: a run that starts right behind the answer compares its columns with this one's.
    await within(ANSWER_WAITS_MS, latest).catch(() => undefined);
    handle.ended(ended);
    if (attempted !== undefined) await this.#writeLog(attempted.entry, attempted, must);
    // Before the final entry: a gateway that is killed in between does both again.
    await latest;
    await this.#unclaim(drive);
    await must('writing the final entry', () =>
      this.#services.ledger.end({ ...ended, timeline: [...handle.timeline] }, entries, { entry: handle.entry, resumed }),
    );
    if (attempted?.outcome.ok === true) this.#services.sweeper.soon(ended.owner, ended.run, attempted.entry.attempt, attempted.entry);
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

/** The result, or why there is none as long as nobody mends it: neither time nor another attempt does. */
async function unlessForGood<T>(action: () => Promise<T>): Promise<T | UntrustedEntry | GatewayError> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof UntrustedEntry || error instanceof GatewayError) return error;
    throw error;
  }
}

/**
 * An instant of a second that no earlier attempt of the run has in its keys: a sweep of that one may be going on still, of another gateway
 * too, and would take away what stands at its keys.
 */
async function unusedSecond(entries: readonly AttemptEntry[], leave: AbortSignal): Promise<Date> {
  for (;;) {
    const now = new Date();
    if (!entries.some(({ stamp }) => stamp === utcStamp(now))) return now;
    await sleep(1_000 - now.getMilliseconds(), undefined, { signal: leave });
  }
}

/** Names of the datasets that a run reads in increments. */
function incrementalDatasets({ datasets }: OpenRun): string[] {
  return Object.entries(datasets).flatMap(([name, dataset]) => (isIncremental(dataset) ? [name] : []));
}
