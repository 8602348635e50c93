import { GatewayError } from '../errors.ts';
import type { AttemptReport, EndedRun, OpenRun } from '../ledger/entries.ts';
import type { OutputCollector } from './output/collector.ts';
import type { TroubleListener } from './persist.ts';

const UNKNOWN_AFTER_MS = 60_000;

/** A run that this gateway is driving; whoever waits for it waits on {@link answer}. */
export class RunHandle implements TroubleListener {
  readonly run: string;
  readonly accepted: OpenRun;
  /** Attempts that have ended under this gateway. */
  readonly reports: AttemptReport[] = [];
  /** What the newest attempt says. */
  output: { readonly attempt: number; readonly collector: OutputCollector } | undefined;
  /** How it ended, once it has. */
  result: EndedRun | undefined;
  /** How the run ended. Rejects when its caller can't be told in time; the run goes on all the same. */
  readonly answer: Promise<EndedRun>;
  readonly #settle: { resolve: (ended: EndedRun) => void; reject: (error: GatewayError) => void };
  #unknown: NodeJS.Timeout | undefined;

  constructor(accepted: OpenRun) {
    this.run = accepted.run;
    this.accepted = accepted;
    const { promise, resolve, reject } = Promise.withResolvers<EndedRun>();
    this.answer = promise;
    // A run taken up after a restart has nobody who waits for it.
    this.answer.catch(() => {});
    this.#settle = { resolve, reject };
  }

  /** Tells whoever waits. */
  ended(ended: EndedRun): void {
    this.relieved();
    this.result = ended;
    this.#settle.resolve(ended);
  }

  /** Lets go of whoever waits. */
  letGo(error: GatewayError): void {
    this.relieved();
    this.#settle.reject(error);
  }

  trouble(error: unknown): void {
    this.#unknown ??= setTimeout(() => {
      const why = error instanceof Error ? error.message : String(error);
      this.letGo(new GatewayError('OUTCOME_UNKNOWN', `the outcome of the run can't be learnt for now (${why}); it goes on`, { details: { run: this.run } }));
    }, UNKNOWN_AFTER_MS).unref();
  }

  relieved(): void {
    clearTimeout(this.#unknown);
    this.#unknown = undefined;
  }
}
