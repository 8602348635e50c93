import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import type { EndedRun, OpenRun, Owner } from '../ledger/entries.ts';
import type { QueueEntry } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { UntrustedEntry } from '../ledger/sealed-store.ts';
import { type Admitted, Claims } from './claims.ts';
import { RunHandle } from './handle.ts';
import type { Owning } from './owner.ts';
import { RetryPause } from './retry-pause.ts';
import type { Runner } from './runner.ts';
import type { RunTimes } from './run-times.ts';
import type { Slots } from './slots.ts';
import { type Submission, checkSubmission, newRun } from './submission.ts';

/** What accepting runs needs. */
export interface RunsServices {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly runner: Runner;
  readonly owning: Owning;
  readonly slots: Slots;
  readonly times: RunTimes;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly log: Logger;
  /** Which containers stay after their end, unless a caller asks for more. */
  readonly keepContainers: OpenRun['keep'];
  /** Why nothing can be accepted for now, if so. */
  readonly refusal: () => GatewayError | undefined;
}

// A run that failed by a mistake of ours is taken up again, but not at once and ever more rarely.
const AFTER_A_MISTAKE_MS = { first: 10_000, longest: 3_600_000 };

/** The runs of this gateway: accepts them and has them driven within the slots. What is here is also in S3; see {@link Reconciler}. */
export class Runs {
  readonly #services: RunsServices;
  readonly #handles = new Map<string, RunHandle>();
  readonly #claims: Claims;
  readonly #mistakes = new Map<string, RetryPause>();
  /** Those whose driving failed, until they are taken up again: they are open, and shown. */
  readonly #paused = new Map<string, RunHandle>();
  /** Aborted when the gateway gives up waiting for its runs; containers that can be adopted run on. */
  readonly #leave = new AbortController();
  #closing = false;

  constructor(services: RunsServices) {
    this.#services = services;
    this.#claims = new Claims(services.ledger);
  }

  /**
   * Accepts a run: when this resolves its entry is in S3 and it will be ended, whatever happens to this process. May give one that
   * is there already: for the same idempotency key, or when the pipeline's overlap policy is to join.
   */
  async submit(submission: Submission): Promise<RunHandle> {
    if (this.#closing) throw new GatewayError('SHUTTING_DOWN', 'the gateway is stopping and takes no more runs');
    const refusal = this.#services.refusal();
    if (refusal !== undefined) throw refusal;
    checkSubmission(submission, this.#services.engine, this.#services.environment);
    const owner = await this.#services.owning.owner();
    if (submission.idempotencyKey === undefined) return this.#accept(this.#admit(submission, owner));
    return this.#claims.once(submission, owner, {
      admit: () => this.#admit(submission, owner),
      turnAway: (admitted) => this.#turnAway(admitted),
      accept: (admitted) => this.#accept(admitted, { keyed: true }),
      finish: (run) => this.#accept(this.#reserve(this.#asAsked(run, submission, owner)), { keyed: true }),
      find: (run) => this.find(run),
    });
  }

  /** A run that is open: one of this gateway, or one in the ledger, which is then taken up. Undefined when it has ended or never was. */
  async find(run: string): Promise<RunHandle | undefined> {
    const here = this.get(run);
    if (here !== undefined) return here;
    const owner = await this.#services.owning.owner();
    const entry = await this.#services.ledger.findOpen(owner, run);
    if (entry === undefined) return undefined;
    this.takeUp(owner, entry);
    const taken = this.get(run);
    // Left alone: by a gateway that stops, or since its entry is not believed, which whoever asks is told.
    if (taken === undefined) await this.#services.ledger.openRun(owner, entry);
    return taken;
  }

  /** A run of this gateway. */
  get(run: string): RunHandle | undefined {
    return this.#handles.get(run) ?? this.#paused.get(run);
  }

  /** All of them, oldest first. */
  list(): RunHandle[] {
    return [...this.#handles.values(), ...this.#paused.values()].toSorted((a, b) => (a.run < b.run ? -1 : 1));
  }

  /** Drives a run that another gateway accepted, or an earlier one. */
  takeUp(owner: Owner, entry: QueueEntry): 'taken up' | 'left alone' {
    if (this.#closing || this.#handles.has(entry.run) || this.#mistakes.get(entry.run)?.isOver(new Date()) === false) return 'left alone';
    const handle = new RunHandle(owner, entry, acceptedAt(entry.run), undefined);
    // Whoever cancelled it while it was in its pause is not to ask again.
    if (this.#paused.get(entry.run)?.isCancelled === true) handle.cancel();
    this.#drive(handle, false);
    return 'taken up';
  }

  /** Has a run cancelled, durably; it ends once its container has stopped. */
  async cancel(handle: RunHandle): Promise<void> {
    await this.#services.ledger.askCancel(handle.owner, handle.run);
    this.cancelHere(handle);
    // A run in its pause is taken up at once.
    if (this.#paused.has(handle.run)) {
      this.#mistakes.delete(handle.run);
      this.takeUp(handle.owner, handle.entry);
    }
  }

  /** Has it cancelled whose wish stands in the ledger already. */
  cancelHere(handle: RunHandle): void {
    handle.cancel();
    this.#services.slots.leave(handle.run);
  }

  /** Tells a run that waits here how another gateway has ended it. */
  endedElsewhere(handle: RunHandle, ended: EndedRun): void {
    handle.ended(ended);
    this.#services.slots.leave(handle.run);
  }

  /** Runs that have a place or wait for one. */
  get counts(): { running: number; waiting: number } {
    const { taken } = this.#services.slots;
    return { running: taken, waiting: Math.max(0, this.#known() - taken) };
  }

  /** True if the gateway takes no more runs because it is being stopped. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** Stops: no new runs; those in a slot get `seconds` to end; the rest is left to the next gateway. */
  async close(seconds: number): Promise<void> {
    const { slots, engine } = this.#services;
    this.#closing = true;
    slots.close();
    const timeUp = new Promise<void>((resolve) => void setTimeout(resolve, seconds * 1000).unref());
    await Promise.race([slots.idle(), timeUp]);
    this.#leave.abort(new Error('the gateway is stopping'));
    for (const handle of this.#handles.values()) handle.letGo(this.#stopped(handle));
    // Jobs of an engine that can't adopt are told to stop now; they get their grace period.
    if (!engine.capabilities.adopts) await slots.idle();
  }

  #stopped({ run }: RunHandle): GatewayError {
    const { adopts } = this.#services.engine.capabilities;
    const goesOn = adopts ? 'the run goes on and is taken up at the next start' : 'the run is tried again at the next start';
    return new GatewayError('SHUTTING_DOWN', `the gateway was stopped before the run had ended; ${goesOn}`, { details: { run } });
  }

  /**
   * A new run, which has its place in the waiting room from now on, or the one that it joins. Throws when there is no room, or the
   * pipeline takes one at a time.
   */
  #admit(submission: Submission, owner: Owner): Admitted {
    const { maxRunning, maxWaiting, times, keepContainers } = this.#services;
    const run = newRun(submission, owner, keepContainers);
    const joined = this.#overlap(submission.pipeline, run);
    if (joined !== undefined) return joined;
    // Those that are being accepted count too: many may come before the first is in S3.
    if (this.#known() >= maxRunning + maxWaiting) {
      throw new GatewayError('WAITING_ROOM_FULL', `${maxWaiting} runs are waiting, which is the bound (MAX_WAITING); try again later`, {
        details: { retryAfterSeconds: times.refuse() },
      });
    }
    return this.#reserve(run);
  }

  /** The run that a new one joins, as the pipeline's policy says. Throws when it takes one at a time, and has one. */
  #overlap({ name, overlap }: Submission['pipeline'], { datasets, keep }: OpenRun): Admitted | undefined {
    if (overlap === 'queue') return undefined;
    const others = [...this.#handles.values()].filter(({ entry, result }) => entry.pipeline === name && result === undefined);
    if (overlap === 'reject' && others[0] !== undefined) {
      throw new GatewayError('PIPELINE_BUSY', `a run of "${name}" is going on, and the pipeline takes one at a time (overlap: reject)`, {
        details: { run: others[0].run },
      });
    }
    // Only who asks the same thing can be given the same answer.
    const wanted = JSON.stringify([datasets, keep]);
    for (const handle of others) {
      const { accepted: run } = handle;
      if (run !== undefined && JSON.stringify([run.datasets, run.keep]) === wanted) return { handle, run, isNew: false };
    }
    return undefined;
  }

  /** Runs that are known to be accepted; what was found in line and not looked at yet may be anybody's. */
  #known(): number {
    let known = 0;
    for (const { accepted } of this.#handles.values()) if (accepted !== undefined) known++;
    return known;
  }

  /** A run that somebody else had claimed a key for. What an entry without a seal says of it is not believed: it is what the caller asks now, under the claim's id. */
  #asAsked(claimed: OpenRun, submission: Submission, owner: Owner): OpenRun {
    if (this.#services.ledger.isSealed) return claimed;
    const { run, acceptedAt } = claimed;
    return { ...newRun(submission, owner, this.#services.keepContainers), run, acceptedAt };
  }

  #reserve(run: OpenRun): Admitted {
    const handle = new RunHandle(run.owner, this.#services.ledger.placeOf(run), new Date(run.acceptedAt), run);
    this.#handles.set(run.run, handle);
    return { handle, run, isNew: true };
  }

  /** Takes back the place of one that was admitted and won't be accepted. */
  #turnAway({ handle, isNew }: Admitted): void {
    if (isNew) this.#handles.delete(handle.run);
  }

  /**
   * `keyed`: its caller may come again with the same key, so that an acceptance whose answer is lost is not taken back: it is finished
   * when the caller does, and if the entry got there after all, it is that same run.
   */
  async #accept(admitted: Admitted, { keyed = false } = {}): Promise<RunHandle> {
    const { ledger, log } = this.#services;
    const { handle, run, isNew } = admitted;
    if (isNew) handle.acceptance = ledger.accept(run);
    try {
      // One that joins is accepted when the other one is.
      await handle.acceptance;
      if (!isNew) return handle;
      if (handle.state === 'queued') handle.note('recorded');
    } catch (error) {
      this.#turnAway(admitted);
      if (keyed || !isNew) throw error;
      // Beside the answer, which an S3 that hangs must not hold up twice.
      ledger.refuse(run).catch((second: unknown) => {
        log.warn({ err: second, run: run.run }, 'a run that could not be accepted may still have its entry; then it will run');
      });
      throw error;
    }
    log.info({ run: run.run, pipeline: run.pipeline }, 'run accepted');
    return this.#drive(handle, true);
  }

  #drive(handle: RunHandle, fresh: boolean): RunHandle {
    const { runner } = this.#services;
    this.#handles.set(handle.run, handle);
    this.#paused.delete(handle.run);
    runner
      .drive(handle, fresh, this.#leave.signal)
      .then(() => this.#mistakes.delete(handle.run))
      .catch((error: unknown) => this.#afterAMistake(handle, error))
      .finally(() => this.#handles.delete(handle.run));
    return handle;
  }

  async #afterAMistake(handle: RunHandle, error: unknown): Promise<void> {
    if (this.#closing) return handle.letGo(this.#stopped(handle));
    const { runner, log } = this.#services;
    const details = { run: handle.run };
    const pause = this.#mistakes.get(handle.run) ?? new RetryPause(AFTER_A_MISTAKE_MS);
    this.#mistakes.set(handle.run, pause);
    const pauseMs = pause.failed(new Date());
    if (error instanceof UntrustedEntry && handle.accepted === undefined) {
      // Nobody knows that it was ever accepted; the entry is told as a problem of the ledger.
      return handle.letGo(new GatewayError('LEDGER_UNTRUSTED', error.message, { cause: error, details }));
    }
    const failure = new GatewayError('INTERNAL', 'the gateway failed to drive the run; see its log', { cause: error, details });
    if (handle.isCancelled && (await runner.giveUp(handle))) return;
    log.error({ err: error, run: handle.run, pauseMs }, 'driving the run failed; it stays open and is taken up again');
    handle.failed(failure);
    this.#paused.set(handle.run, handle);
  }
}

/** When a run was accepted, to the millisecond, as its id tells. */
function acceptedAt(run: string): Date {
  return new Date(Number.parseInt(run.slice(0, 8) + run.slice(9, 13), 16));
}
