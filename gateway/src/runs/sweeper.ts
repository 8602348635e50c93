import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { AttemptEntry, Owner } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { undefinedIfUntrusted } from '../ledger/sealed-store.ts';

/** Services that sweeping after runs works with. */
export interface SweeperServices {
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Age at which an attempt that published nothing is swept for good. */
  readonly sweepAgainSeconds: number;
}

/** Uploads that one sweep ends: one attempt's may be any number, and others' wait. */
export const UPLOADS_AT_ONCE = 1_000;
const SWEPT_AT_ONCE = 2;
// Somebody may have put very many entries there; those that find no place come with a later pass.
const MAX_WAITING = 500;

/** Sweeps attempts of runs that have ended, and deletes their entries then. Whatever is cut off, or fails, the reconciler finds by its entry. */
export class Sweeper {
  readonly #services: SweeperServices;
  readonly #queue = new PQueue({ concurrency: SWEPT_AT_ONCE });
  readonly #known = new Set<string>();
  /** Sweeps to repeat, by attempt. The ledger may have dropped their entries, so the reconciler would not find them. */
  readonly #owed = new Map<string, () => void>();

  constructor(services: SweeperServices) {
    this.#services = services;
  }

  /**
   * Sweeps an attempt of a run that has ended when it is its turn; keeps nobody waiting. If it published nothing, it must be old enough, so that S3 has done by then what it was busy with
   * when the job died. If it published, its uploads go, however well its job ended: S3 has an upload twice where its answer on the first opening was lost, and a job may leave whatever it
   * likes. `known`: its entry as the caller has it; another gateway may have cleared away the ledger's before a second start of the attempt ended.
   */
  soon(owner: Owner, run: string, attempt: number, known?: AttemptEntry): void {
    const name = `${run}/${attempt}`;
    const owe = (): void => {
      if (known !== undefined && this.#owed.size < MAX_WAITING) this.#owed.set(name, () => this.soon(owner, run, attempt, known));
    };
    if (this.#known.has(name)) return;
    if (this.#known.size >= MAX_WAITING) return owe();
    this.#known.add(name);
    const sweep = async (): Promise<void> => {
      const isWhole = await this.#sweep(owner, run, attempt, known).finally(() => this.#known.delete(name));
      if (!isWhole) this.soon(owner, run, attempt, known);
    };
    this.#queue.add(sweep).catch((error: unknown) => {
      owe();
      this.#services.log.warn({ err: error, run, attempt }, 'an attempt could not be swept; trying again later');
    });
  }

  /** Repeats sweeps that failed or found no place, and that the ledger may not tell of any more. */
  again(): void {
    const owed = [...this.#owed.values()];
    this.#owed.clear();
    for (const sweep of owed) sweep();
  }

  /** Resolves once nothing waits to be swept. */
  async settled(): Promise<void> {
    await this.#queue.onIdle();
  }

  /** False where there is more to be swept. */
  async #sweep(owner: Owner, run: string, attempt: number, known: AttemptEntry | undefined): Promise<boolean> {
    const { ledger, sweepAgainSeconds, log } = this.#services;
    let entry: AttemptEntry | undefined;
    try {
      entry = (await ledger.attemptAsItStands(owner, run, attempt)) ?? known;
    } catch (error) {
      // Somebody else's: it says which objects would be deleted.
      undefinedIfUntrusted(error);
      return true;
    }
    if (entry !== undefined) {
      // An attempt that was begun too late, by a gateway that did not see the run end, is decided here.
      const decision = await ledger.settleAfterEnd(entry, 'RUN_ENDED');
      if (decision.state !== 'committed' && Date.now() - decision.seenAt.getTime() < sweepAgainSeconds * 1_000) return true;
      const { isWhole, ...swept } = await ledger.sweep(entry, await ledger.beganAt(entry), decision.state, UPLOADS_AT_ONCE);
      if (swept.uploads + swept.objects > 0) log.info({ run, attempt, swept, isWhole }, 'swept what an attempt of a run that has ended had left');
      if (!isWhole) return false;
      if (entry.reserved) await ledger.stamps.release(entry.destination, entry.stamp, run);
    }
    // Without an entry there may be a verdict, which came when another gateway had ended the run and cleared it away.
    await ledger.forgetAttempt(owner, run, attempt);
    return true;
  }
}
