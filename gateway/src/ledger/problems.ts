import type { Logger } from 'pino';

/** Something that stands in the ledger and is not acted upon, for /ready. */
export interface LedgerProblem {
  readonly what: string;
  /** When it was first seen. */
  readonly since: string;
}

// A stranger may write very many entries; the first ones tell enough.
const MAX_TOLD = 50;
const MAX_KNOWN = 10_000;
// A problem that somebody has put right must go away.
const FORGOTTEN_AFTER_MS = 3_600_000;

/** Entries of the ledger that a gateway does not believe. The log tells each once, and /ready for as long as it is seen again. Bounded. */
export class LedgerProblems {
  readonly #log: Logger;
  readonly #seen = new Map<string, { readonly problem: LedgerProblem; last: number }>();
  #untold = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** An entry that is not believed, and why. */
  tell(key: string, why: string): void {
    const known = this.#seen.get(key);
    if (known !== undefined) {
      known.last = Date.now();
      return;
    }
    if (this.#seen.size >= MAX_KNOWN) {
      this.#untold++;
      return;
    }
    const problem = { what: `${key} ${why}`, since: new Date().toISOString() };
    this.#seen.set(key, { problem, last: Date.now() });
    this.#log.warn({ key }, `an entry of the ledger is not acted upon: it ${why}`);
  }

  /** Those of the last hour, the first ones of very many; a last one says how many more there are. */
  list(): LedgerProblem[] {
    const bound = Date.now() - FORGOTTEN_AFTER_MS;
    for (const [key, { last }] of this.#seen) if (last < bound) this.#seen.delete(key);
    const all = Array.from(this.#seen.values(), ({ problem }) => problem);
    if (all.length === 0) this.#untold = 0;
    const more = Math.max(0, all.length - MAX_TOLD) + this.#untold;
    const told = all.slice(0, MAX_TOLD);
    return more === 0 ? told : [...told, { what: `${more} more entries of the ledger are not acted upon`, since: told.at(-1)?.since ?? '' }];
  }
}
