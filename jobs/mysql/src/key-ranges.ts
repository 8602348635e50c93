import type { Ranges } from '@esclusa/kit';

/** Keys from one on, up to another; without `to` up to the last. */
export interface KeyRange {
  readonly from: bigint;
  readonly to?: bigint;
}

/** What is known of a table before it is read. */
export interface KeySpan {
  readonly first: bigint;
  readonly last: bigint;
  /** Of all its rows, estimated. */
  readonly bytes: number;
}

/** Of what the last range has told and what was known, this part is believed. */
const BELIEF = 0.5;

/** The rows of a table by an integer key, cut into ranges that have about as much CSV each: how many keys that takes shows as they are read. */
export class KeyRanges implements Ranges<KeyRange> {
  readonly #last: bigint;
  readonly #bytes: number;
  #next: bigint | undefined;
  #width: number;

  /** `bytes`: what a range should have. Without a span there are no rows. */
  constructor(span: KeySpan | undefined, bytes: number) {
    this.#bytes = bytes;
    this.#last = span?.last ?? 0n;
    this.#next = span?.first;
    // As if keys and bytes lay evenly: right enough for the first ranges.
    this.#width = span === undefined ? 1 : (Number(span.last - span.first + 1n) * bytes) / Math.max(span.bytes, bytes);
  }

  next(): KeyRange | undefined {
    const from = this.#next;
    if (from === undefined) return undefined;
    const to = from + BigInt(Math.max(1, Math.round(this.#width)));
    this.#next = to > this.#last ? undefined : to;
    return this.#next === undefined ? { from } : { from, to };
  }

  ended({ from, to }: KeyRange, bytes: number): void {
    // One without rows tells nothing of those behind it.
    if (to === undefined || bytes === 0) return;
    const wanted = (Number(to - from) * this.#bytes) / bytes;
    this.#width = Math.min(this.#width * (1 - BELIEF) + wanted * BELIEF, this.#width * 2);
  }

  /** There is no row from the end of an empty range up to this key: ranges go on from there. */
  skipTo(key: bigint): void {
    if (this.#next !== undefined && key > this.#next) this.#next = key;
  }
}

/** The condition of SQL that a row lies in a range of the key `column`, as SQL writes its name. */
export function inKeys(column: string, { from, to }: KeyRange): string {
  return `${column} >= ${from}${to === undefined ? '' : ` and ${column} < ${to}`}`;
}
