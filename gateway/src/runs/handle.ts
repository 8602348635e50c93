import { GatewayError } from '../errors.ts';
import type { EndedRun } from '../ledger/entries.ts';
import type { TroubleListener } from './persist.ts';

const UNKNOWN_AFTER_MS = 60_000;

/** A run that this gateway is driving; whoever waits for it waits on {@link answer}. */
export class RunHandle implements TroubleListener {
  readonly run: string;
  /** How the run ended. Rejects when its caller can't be told in time; the run goes on all the same. */
  readonly answer: Promise<EndedRun>;
  readonly #settle: { resolve: (ended: EndedRun) => void; reject: (error: GatewayError) => void };
  #unknown: NodeJS.Timeout | undefined;

  constructor(run: string) {
    this.run = run;
    const { promise, resolve, reject } = Promise.withResolvers<EndedRun>();
    this.answer = promise;
    // A run taken up after a restart has nobody who waits for it.
    this.answer.catch(() => {});
    this.#settle = { resolve, reject };
  }

  /** Tells whoever waits. */
  ended(ended: EndedRun): void {
    this.relieved();
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
