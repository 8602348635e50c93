import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.ts';
import type { Conditions } from '../ledger/conditional.ts';
import type { Owner } from '../ledger/entries.ts';
import type { History } from '../ledger/history.ts';
import type { QueueEntry } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Cleaner } from './cleaner.ts';
import type { Owning } from './owner.ts';
import type { Runs } from './runs.ts';
import type { Sweeper } from './sweeper.ts';

/** What reconciling needs. */
export interface ReconcilerServices {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly history: History;
  readonly owning: Owning;
  readonly runs: Runs;
  readonly cleaner: Cleaner;
  readonly sweeper: Sweeper;
  readonly conditions: Conditions;
  readonly log: Logger;
  /** Pause between two passes. */
  readonly everySeconds: number;
  /** How long ended runs are kept; undefined for ever. */
  readonly retentionMs: number | undefined;
}

// What is looked at less often, and how old a reservation must be before it counts as forgotten.
const STAMPS_EVERY_MS = 60_000;
const STAMP_AGE_MS = 5_000;
const EXPIRY_EVERY_MS = 3_600_000;

/**
 * Compares, at start and all the time, what S3 says with what the engine says, and has the difference seen to: open runs that
 * nobody here drives, runs that ended elsewhere, wishes to cancel, containers without a run, attempts of runs that have ended,
 * and what is too old. Every step may be done by two gateways at once.
 */
export class Reconciler {
  readonly #services: ReconcilerServices;
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #stampsAt = 0;
  #expiryAt = 0;

  constructor(services: ReconcilerServices) {
    this.#services = services;
  }

  /** Resolves once the queue was read for the first time. */
  get ready(): Promise<void> {
    return this.#first.promise;
  }

  /** Looks again and again until {@link stop}; never rejects. */
  async run(): Promise<void> {
    const { everySeconds, log } = this.#services;
    const { signal } = this.#stop;
    for (;;) {
      // Engine or S3 may be away; then the next pass finds it all.
      await this.pass().catch((error: unknown) => log.warn({ err: error }, 'comparing the ledger with the engine failed; trying again'));
      await sleep(everySeconds * 1_000, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#first.resolve();
  }

  /** One comparison. */
  async pass(): Promise<void> {
    const { engine, ledger, owning, runs, cleaner, sweeper, conditions, log } = this.#services;
    await conditions.look();
    if (conditions.problem !== undefined) throw new Error(conditions.problem);
    const owner = await owning.owner();
    // In this order: containers and attempts that are seen belong to runs that were accepted before, so one whose run is not open
    // now has ended; and runs of this gateway that are not open any more were so when they were listed here.
    const known = runs.list();
    const [containers, attempts] = await Promise.all([engine.list(owning.installation), ledger.attemptsInFlight(owner)]);
    const [queue, cancels] = await Promise.all([ledger.queue(owner), ledger.cancels(owner)]);
    const open = new Set(queue.believed.map(({ run }) => run));
    const taken = await this.#takeUp(owner, queue.believed);
    if (taken > 0) log.info({ runs: taken }, 'taking up runs that this gateway did not know of');
    for (const run of cancels) {
      const handle = runs.get(run);
      if (handle !== undefined) {
        if (handle.isCancelled || (await ledger.cancelAsked(owner, run))) runs.cancelHere(handle);
      } else if (!open.has(run)) await ledger.forgetCancel(owner, run);
    }
    this.#first.resolve();
    for (const handle of known) {
      // One that waits here and was ended elsewhere; those in a place find out by themselves.
      if (open.has(handle.run) || handle.state !== 'queued') continue;
      const ended = await ledger.endedRun(handle.run);
      if (ended !== undefined) runs.endedElsewhere(handle, ended);
    }
    await cleaner.removeEnded(owner, containers, { isOpen: (run) => open.has(run) || runs.get(run) !== undefined, isUnknown: (run) => queue.others.has(run) });
    sweeper.again();
    for (const { run, attempt } of attempts) {
      if (!open.has(run) && !queue.others.has(run) && runs.get(run) === undefined) sweeper.soon(owner, run, attempt);
    }
    await this.#dropStamps(owner, open);
    await this.#expire(owner);
  }

  /** Takes up what is not driven here yet, one per turn of the event loop: it may be thousands. Returns how many that were. */
  async #takeUp(owner: Owner, entries: readonly QueueEntry[]): Promise<number> {
    let taken = 0;
    for (const entry of entries) {
      if (this.#services.runs.takeUp(owner, entry) !== 'taken up') continue;
      taken++;
      await nextTurn();
    }
    return taken;
  }

  /** A gateway that was killed leaves seconds that no attempt names, or that it would have given back when they were over. */
  async #dropStamps(owner: Owner, open: ReadonlySet<string>): Promise<void> {
    const { ledger, runs } = this.#services;
    if (Date.now() - this.#stampsAt < STAMPS_EVERY_MS) return;
    this.#stampsAt = Date.now();
    let tooYoung = false;
    for (const reservation of await ledger.stamps.list()) {
      const { run, owner: holder, reservedAt } = reservation;
      const ours = holder.installation === owner.installation && holder.engine === owner.engine;
      if (!ours || open.has(run) || runs.get(run) !== undefined) continue;
      if (Date.now() - reservedAt.getTime() < STAMP_AGE_MS) tooYoung = true;
      // The queue was read before: another gateway may have accepted the run since.
      else if ((await ledger.findOpen(owner, run)) === undefined) await ledger.stamps.drop(reservation);
    }
    if (tooYoung) this.#stampsAt = 0;
  }

  async #expire(owner: Owner): Promise<void> {
    const { history, retentionMs, log } = this.#services;
    if (retentionMs === undefined || Date.now() - this.#expiryAt < EXPIRY_EVERY_MS) return;
    this.#expiryAt = Date.now();
    const expired = await history.expire(owner, new Date(Date.now() - retentionMs));
    if (expired > 0) log.info({ runs: expired }, 'deleted old runs from the ledger');
  }
}
