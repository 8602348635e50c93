import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { AttemptEntry, Owner } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { undefinedIfUntrusted } from '../ledger/sealed-store.ts';

/** What sweeping after runs needs. */
export interface SweeperServices {
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Age at which an attempt that published nothing is swept for good. */
  readonly sweepAgainSeconds: number;
}

const SOON_AT_ONCE = 2;

/** Sweeps attempts of runs that have ended, and deletes their entries then. What fails, or is cut off, the reconciler finds by its entry. */
export class Sweeper {
  readonly #services: SweeperServices;
  readonly #soon = new PQueue({ concurrency: SOON_AT_ONCE });

  constructor(services: SweeperServices) {
    this.#services = services;
  }

  /**
   * Sweeps an attempt that published once those before it are swept; no run is kept waiting. However well its job ended, S3 has an upload twice where its answer on the first opening was lost,
   * and a job may leave whatever it likes.
   */
  soon({ owner, run, attempt }: AttemptEntry): void {
    const sweep = async (): Promise<void> => this.sweep(owner, run, attempt);
    this.#soon.add(sweep).catch((error: unknown) => this.#services.log.warn({ err: error, run, attempt }, 'an attempt could not be swept; trying again later'));
  }

  /** Resolves once all that was to be swept soon is swept, or has failed. */
  async settled(): Promise<void> {
    await this.#soon.onIdle();
  }

  /** Sweeps an attempt of a run that has ended: one that published nothing when it is old enough, so that S3 has done by then what it was busy with when the job died. */
  async sweep(owner: Owner, run: string, attempt: number): Promise<void> {
    const { ledger, sweepAgainSeconds, log } = this.#services;
    let entry: AttemptEntry | undefined;
    try {
      entry = await ledger.attemptAsItStands(owner, run, attempt);
    } catch (error) {
      // Somebody else's: it says which objects would be deleted.
      return undefinedIfUntrusted(error);
    }
    // A verdict that came when another gateway had ended the run and cleared it away.
    if (entry === undefined) return ledger.forgetAttempt(owner, run, attempt);
    // An attempt that was begun too late, by a gateway that did not see the run end, is decided here.
    const decision = await ledger.settleAfterEnd(entry, 'RUN_ENDED');
    if (decision.state !== 'committed' && Date.now() - decision.seenAt.getTime() < sweepAgainSeconds * 1_000) return;
    const swept = await ledger.sweep(entry, await ledger.beganAt(entry), decision.state);
    if (swept.uploads + swept.objects > 0) log.info({ run, attempt, swept }, 'swept what an attempt of a run that has ended had left');
    if (entry.reserved) await ledger.stamps.release(entry.destination, entry.stamp, run);
    await ledger.forgetAttempt(owner, run, attempt);
  }
}
