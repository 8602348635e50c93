import { within } from '../within.ts';

/** Result of a probe, and its time. */
export interface Found<T> {
  readonly result: T;
  readonly at: Date;
}

/** Times of a {@link Probe}, in milliseconds. */
export interface ProbeTimes {
  /** How long an answer is given again without asking. */
  readonly freshMs: number;
  /** How long a new one is waited for, by whoever looks first. */
  readonly patienceMs: number;
  /** How old the last one may be that is given in its place. */
  readonly youngMs: number;
}

/** As `/health` needs them: it answers within a quarter of a second, whatever stands behind. */
export const PROBE_TIMES: ProbeTimes = { freshMs: 2_000, patienceMs: 100, youngMs: 60_000 };

/** A question that costs something, asked for many at once and not again at once. The question must end by itself, and never reject. */
export class Probe<T> {
  readonly #ask: () => Promise<T>;
  readonly #times: ProbeTimes;
  readonly #now: () => number;
  #last: Found<T> | undefined;
  #asked: { readonly since: number; readonly answer: Promise<Found<T>> } | undefined;

  constructor(ask: () => Promise<T>, times: ProbeTimes = PROBE_TIMES, now: () => number = Date.now) {
    this.#ask = ask;
    this.#times = times;
    this.#now = now;
  }

  /** The newest answer; or, while one is long in coming, the last one if it is young, else how long has been waited. */
  async look(): Promise<Found<T> | { readonly waitedMs: number }> {
    const { freshMs, patienceMs, youngMs } = this.#times;
    if (this.#last !== undefined && this.#ageOf(this.#last) < freshMs) return this.#last;
    this.#asked ??= { since: this.#now(), answer: this.#answer() };
    const { since, answer } = this.#asked;
    // Counted from the question: an S3 that is slow for minutes keeps the look that asked waiting, and not each one after it.
    const found = await within(Math.max(0, patienceMs - (this.#now() - since)), answer);
    if (found !== undefined) return found;
    return this.#last !== undefined && this.#ageOf(this.#last) < youngMs ? this.#last : { waitedMs: this.#now() - since };
  }

  /** Asks beside all else, unless somebody has lately, so that there is a young answer when it is needed. Returns what ends it. */
  keepYoung(): () => void {
    const look = (): void => void this.look();
    look();
    const timer = setInterval(look, this.#times.youngMs / 2).unref();
    return () => clearInterval(timer);
  }

  async #answer(): Promise<Found<T>> {
    const result = await this.#ask();
    this.#last = { result, at: new Date(this.#now()) };
    this.#asked = undefined;
    return this.#last;
  }

  #ageOf({ at }: Found<T>): number {
    return this.#now() - at.getTime();
  }
}
