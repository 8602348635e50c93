import { GatewayError } from '../errors.ts';
import type { AttemptReport, EndedRun, OpenRun } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunHandle } from './handle.ts';

/** What is known of a run: what was accepted, its attempts that have ended, and how it ended once it has. */
export interface RunView {
  readonly accepted: OpenRun;
  readonly reports: readonly AttemptReport[];
  readonly ended: EndedRun | undefined;
}

/** Finds runs by their id: those that this gateway is driving, and those in the ledger. */
export class RunLookUp {
  readonly #ledger: Ledger;
  readonly #driven: (run: string) => RunHandle | undefined;

  constructor(ledger: Ledger, driven: (run: string) => RunHandle | undefined) {
    this.#ledger = ledger;
    this.#driven = driven;
  }

  /** Rejects with `RUN_NOT_FOUND`. */
  async run(run: string): Promise<RunView> {
    const handle = this.#driven(run);
    if (handle !== undefined) return { accepted: handle.accepted, reports: handle.reports, ended: handle.result };
    const ended = await this.#ledger.endedRun(run);
    if (ended !== undefined) return { accepted: ended, reports: ended.attempts, ended };
    const accepted = await this.#ledger.openRun(run);
    if (accepted !== undefined) return { accepted, reports: [], ended: undefined };
    throw notFound(run, `there is no run "${run}"; the "run" of an answer and its header Esclusa-Run name it`);
  }

  /**
   * What the job of an attempt said, by default of the last one; so far, while it runs in this gateway. Empty when it said nothing.
   * Rejects with `RUN_NOT_FOUND`.
   */
  async log(run: string, attempt?: number): Promise<string> {
    const live = this.#driven(run)?.output;
    if (live !== undefined && (attempt ?? live.attempt) === live.attempt) return live.collector.log.text();
    const { reports, ended } = await this.run(run);
    // Beside those that have ended there is at most one, which another gateway may be at.
    const last = live?.attempt ?? (ended === undefined ? (await this.#ledger.attempts(run)).length : reports.length);
    if (attempt !== undefined && attempt > Math.max(last, reports.length)) {
      throw notFound(run, `the run has no attempt ${attempt}; it ${ended === undefined ? 'has so far' : 'had'} ${last}`);
    }
    const wanted = attempt ?? last;
    return wanted === 0 ? '' : ((await this.#ledger.log(run, wanted)) ?? '');
  }
}

function notFound(run: string, message: string): GatewayError {
  return new GatewayError('RUN_NOT_FOUND', message, { details: { run } });
}
