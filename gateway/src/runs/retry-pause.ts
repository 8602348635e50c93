const A_MINUTE = { first: 1_000, longest: 60_000 };

/** Pauses between tries of one thing, in milliseconds, which double up to the longest. It holds when the clock is set back or forward. */
export class RetryPause {
  readonly #bounds: { readonly first: number; readonly longest: number };
  #failures = 0;
  #failedAt = 0;

  constructor(bounds = A_MINUTE) {
    this.#bounds = bounds;
  }

  /** Notes a failure; gives the pause until the next try, in milliseconds. */
  failed(now: Date): number {
    this.#failures++;
    this.#failedAt = now.getTime();
    return this.#pauseMs();
  }

  /** Notes that it went well, so that the next failure starts from the shortest pause. */
  worked(): void {
    this.#failures = 0;
  }

  /** Whether a try is due. */
  isOver(now: Date): boolean {
    const passed = now.getTime() - this.#failedAt;
    // A clock that was set back says nothing of how long ago it was; waiting until it has caught up could take for ever.
    return this.#failures === 0 || passed < 0 || passed >= this.#pauseMs();
  }

  #pauseMs(): number {
    return Math.min(this.#bounds.longest, this.#bounds.first * 2 ** (this.#failures - 1));
  }
}
