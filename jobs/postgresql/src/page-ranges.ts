import type { Ranges } from '@esclusa/kit';

/** Pages of a table (blocks of its main file) from one on, up to another; without `to` up to its end. */
export interface PageRange {
  readonly from: number;
  readonly to?: number;
}

// As if each page held CSV of its own size: right enough for the first ranges.
const FIRST_PAGES = 256;
/** Of what the last range has told and what was known, this part is believed. */
const BELIEF = 0.5;

/** A table's pages, cut into ranges that have about as much CSV each: how much a page has shows as they are read. */
export class PageRanges implements Ranges<PageRange> {
  readonly #pages: number;
  readonly #bytes: number;
  #next = 0;
  #width = FIRST_PAGES;

  /** `bytes`: what a range should have. */
  constructor(pages: number, bytes: number) {
    this.#bytes = bytes;
    this.#pages = pages;
  }

  next(): PageRange | undefined {
    const from = this.#next;
    if (from > 0 && from >= this.#pages) return undefined;
    const to = from + Math.max(1, Math.round(this.#width));
    this.#next = to;
    // The last one is open: nothing behind the end is in the snapshot, and nothing may be missed either.
    return to >= this.#pages ? { from } : { from, to };
  }

  ended({ from, to }: PageRange, bytes: number): void {
    if (to === undefined) return;
    const wanted = ((to - from) * this.#bytes) / Math.max(bytes, 1);
    // Pages without rows tell nothing of those behind them, so that it grows by steps.
    this.#width = Math.min(this.#width * (1 - BELIEF) + wanted * BELIEF, this.#width * 2);
  }
}

/** The condition of SQL that a row lies in a range. PostgreSQL reads no other pages for it, from version 14 on. */
export function inPages({ from, to }: PageRange): string {
  return `ctid >= '(${from},0)'::tid${to === undefined ? '' : ` and ctid < '(${to},0)'::tid`}`;
}
