const WINDOW_MS = 600_000;

/**
 * Retries that one source may cost: so many within ten minutes, refilled bit by bit. A database that is down fails each run once it
 * is used up, instead of being asked again for every run many times. Kept in memory: a restart fills it.
 */
export class RetryBudget {
  readonly #size: number;
  readonly #sources = new Map<string, { left: number; at: number }>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Takes one retry of a source; false when there is none left. `now` in milliseconds. */
  take(source: string, now: number): boolean {
    const { left, at } = this.#sources.get(source) ?? { left: this.#size, at: now };
    const refilled = Math.min(this.#size, left + ((now - at) / WINDOW_MS) * this.#size);
    if (refilled < 1) return false;
    this.#sources.set(source, { left: refilled - 1, at: now });
    return true;
  }
}
