const NOTHING_SEEN_SECONDS = 10;
const LONGEST_SECONDS = 600;
// How much the newest run weighs.
const WEIGHT = 0.2;

/** How long runs hold their places, as observed, and what that means for one who finds no room. */
export class RunTimes {
  readonly #slots: number;
  #mean: number | undefined;
  #refused = 0;

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** A run gave its place back after so many seconds. */
  ended(seconds: number): void {
    this.#mean = this.#mean === undefined ? seconds : this.#mean + WEIGHT * (seconds - this.#mean);
    this.#refused = Math.max(0, this.#refused - 1);
  }

  /**
   * Whole seconds after which one who is refused now may find room: a place becomes free every mean run time divided by the slots,
   * and those who were refused before come first.
   */
  refuse(): number {
    this.#refused++;
    if (this.#mean === undefined) return NOTHING_SEEN_SECONDS;
    return Math.min(LONGEST_SECONDS, Math.max(1, Math.ceil((this.#mean / this.#slots) * this.#refused)));
  }
}
