/*
 * Finds many texts in one, in a single pass (Wu and Manber: from each pair of letters it is known how far the next needle may begin at
 * the earliest). Texts are of one byte a letter, as Buffer's latin1 has them.
 */

/** The shortest needle. */
export const SHORTEST = 4;
const SKIP = SHORTEST - 1;

/** A text to be found; `before` and `after`: how many letters around it belong to it where they are of base64. */
export interface Needle {
  readonly text: string;
  readonly before: number;
  readonly after: number;
}

/** Place in a text: from `start` up to and without `end`. */
export type Span = readonly [start: number, end: number];

/** A set of needles, made once and used for every line. */
export class Needles {
  readonly #shift = new Uint8Array(65_536).fill(SKIP);
  readonly #buckets = new Map<number, Needle[]>();

  constructor(needles: Iterable<Needle>) {
    for (const needle of needles) this.#add(needle);
  }

  /** Every place of every needle, those that overlap too. */
  find(text: string, found: (start: number, end: number) => void): void {
    const { length } = text;
    for (let at = SKIP; at < length;) {
      const pair = ((text.charCodeAt(at - 1) & 255) << 8) | (text.charCodeAt(at) & 255);
      const shift = this.#shift[pair] ?? 0;
      if (shift > 0) {
        at += shift;
        continue;
      }
      for (const needle of this.#buckets.get(pair) ?? []) {
        if (text.startsWith(needle.text, at - SKIP)) found(...around(text, needle, at - SKIP));
      }
      at++;
    }
  }

  #add(needle: Needle): void {
    for (let n = 0; n < SKIP; n++) {
      const pair = ((needle.text.charCodeAt(n) & 255) << 8) | (needle.text.charCodeAt(n + 1) & 255);
      const shift = SKIP - 1 - n;
      this.#shift[pair] = Math.min(this.#shift[pair] ?? 0, shift);
      if (shift > 0) continue;
      const bucket = this.#buckets.get(pair) ?? [];
      if (!bucket.some(({ text, before, after }) => text === needle.text && before === needle.before && after === needle.after)) bucket.push(needle);
      this.#buckets.set(pair, bucket);
    }
  }
}

const BASE64 = /[A-Za-z0-9+/_-]/;

function around(text: string, { text: { length }, before, after }: Needle, start: number): Span {
  let from = start;
  let to = start + length;
  if (before > 0 && from > 0 && BASE64.test(text[from - 1] ?? '')) from--;
  if (after > 0) {
    if (BASE64.test(text[to] ?? '')) to++;
    while (text[to] === '=' && to - start - length < 3) to++;
  }
  return [from, to];
}
