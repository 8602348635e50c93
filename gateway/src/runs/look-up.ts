import type { Readable } from 'node:stream';
import { GatewayError } from '../errors.ts';
import type { EndedRun } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunHandle } from './handle.ts';
import type { Runs } from './runs.ts';

/** A run: open, with its handle, or ended, with its final entry. */
export type Found = { readonly handle: RunHandle; readonly ended?: undefined } | { readonly ended: EndedRun; readonly handle?: undefined };

/** Finds runs by their id: those that this gateway is driving, and those in the ledger. */
export class RunLookUp {
  readonly #ledger: Ledger;
  readonly #runs: Runs;

  constructor(ledger: Ledger, runs: Runs) {
    this.#ledger = ledger;
    this.#runs = runs;
  }

  /** Rejects with `RUN_NOT_FOUND`. */
  async run(run: string): Promise<Found> {
    const here = this.#runs.get(run);
    if (here?.result !== undefined) return { ended: { ...here.result, timeline: [...here.timeline] } };
    if (here !== undefined && (await this.#isRead(here))) return { handle: here };
    const ended = await this.#ledger.endedRun(run);
    if (ended !== undefined) return { ended };
    const handle = await this.#runs.find(run);
    if (handle !== undefined && (await this.#isRead(handle))) return { handle };
    // It may have ended between the two questions.
    const late = await this.#ledger.endedRun(run);
    if (late !== undefined) return { ended: late };
    throw notFound(run, `there is no run "${run}"; the "run" of an answer and its header Esclusa-Run name it`);
  }

  /** Whether its entry is known, which of one in line is read when somebody asks; false when it is gone, since the run has ended. */
  async #isRead(handle: RunHandle): Promise<boolean> {
    handle.accepted ??= await this.#ledger.openRun(handle.owner, handle.entry);
    return handle.accepted !== undefined;
  }

  /**
   * What the job of an attempt said, by default of the last one; so far, while it runs in this gateway. Empty when it said nothing.
   * Text where it is in memory, else bytes on their way from S3, which have to be read or destroyed. Rejects with `RUN_NOT_FOUND`.
   */
  async log(run: string, attempt?: number): Promise<string | Readable> {
    const live = this.#runs.get(run)?.output;
    if (live !== undefined && (attempt ?? live.attempt) === live.attempt) return live.collector.log.text();
    const { handle, ended } = await this.run(run);
    const last = Math.max(live?.attempt ?? 0, (ended?.attempts ?? handle?.reports ?? []).at(-1)?.attempt ?? 0);
    if (attempt !== undefined && attempt > last) {
      throw notFound(run, `the run has no attempt ${attempt}; it ${ended === undefined ? 'has so far' : 'had'} ${last}`);
    }
    const wanted = attempt ?? last;
    return wanted === 0 ? '' : ((await this.#ledger.log(run, wanted)) ?? '');
  }
}

function notFound(run: string, message: string): GatewayError {
  return new GatewayError('RUN_NOT_FOUND', message, { details: { run } });
}
