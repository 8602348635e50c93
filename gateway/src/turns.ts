/**
 * Lets one of many through per turn of the event loop, in order. What comes in between, `/health` above all, waits for one piece of work
 * and not for all that came at once.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(this.#step);
    });
  }

  readonly #step = (): void => {
    const resolve = this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(this.#step);
    resolve?.();
  };
}
