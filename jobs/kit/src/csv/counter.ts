import { Buffer, isUtf8 } from 'node:buffer';
import type { ValueType } from '../columns/value-type.ts';
import { COMMA, LINE_END, QUOTE } from './rules.ts';
import { SPECIAL_BYTES, type SpecialRule, specialRule } from './special.ts';

/** What a file holds in one column. */
export interface ColumnCounts {
  readonly nulls: number;
  readonly emptyStrings: number;
  /** Values that hold a line feed or a carriage return. */
  readonly lineBreaks: number;
  /** Values that hold a NUL byte, which PostgreSQL's text can't. */
  readonly nulBytes: number;
  /** Values that types of other systems have no room for: NaN, infinity, dates that no calendar of the years 1 to 9999 has, times beyond a day. */
  readonly special: number;
}

const CARRIAGE_RETURN = 0x0d;
const NUL = 0x00;
/** 1 for each byte that the loop has to look at. */
const MATTERS = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, LINE_END, CARRIAGE_RETURN, NUL]) MATTERS[byte] = 1;

/** A stretch of one field within a chunk. */
interface Stretch {
  readonly column: number;
  readonly record: number;
  readonly start: number;
  readonly end: number;
}

/** Reads the bytes of a CSV by the rules of rules.ts as they pass, and counts what is in them; it keeps no value. */
export class CsvCounter {
  /** Records that have ended. */
  records = 0;
  /** Bytes of the longest record, its line end among them. */
  longestRecord = 0;
  readonly #nulls: Float64Array;
  readonly #empty: Float64Array;
  readonly #breaks: Float64Array;
  readonly #nuls: Float64Array;
  readonly #special: Float64Array;
  /** Of the columns whose values may be special. */
  readonly #rules: readonly (SpecialRule | undefined)[];
  #column = 0;
  #quoted = false;
  #sawQuote = false;
  #sawBreak = false;
  #sawNul = false;
  /** Where field and record began, counted from the chunk's start: below zero when it was in an earlier one. */
  #fieldStart = 0;
  #recordStart = 0;
  /** First bytes of a field that began in an earlier chunk, of columns that are looked at. */
  #head: Buffer = Buffer.alloc(0);

  constructor(types: readonly ValueType[]) {
    const make = (): Float64Array => new Float64Array(types.length);
    this.#nulls = make();
    this.#empty = make();
    this.#breaks = make();
    this.#nuls = make();
    this.#special = make();
    this.#rules = types.map(specialRule);
  }

  /** The counts of a column. */
  counts(column: number): ColumnCounts {
    return {
      nulls: this.#nulls[column] ?? 0,
      emptyStrings: this.#empty[column] ?? 0,
      lineBreaks: this.#breaks[column] ?? 0,
      nulBytes: this.#nuls[column] ?? 0,
      special: this.#special[column] ?? 0,
    };
  }

  /** Counts what is in the next bytes. */
  take(chunk: Uint8Array): void {
    const end = chunk.length;
    let quoted = this.#quoted;
    for (let at = 0; at < end; at++) {
      const byte = chunk[at] as number;
      if (MATTERS[byte] === 0) continue;
      if (byte === QUOTE) {
        // A doubled quote closes and opens again.
        quoted = !quoted;
        this.#sawQuote = true;
      } else if (quoted || byte === NUL) {
        if (byte === NUL) this.#sawNul = true;
        else if (byte !== COMMA) this.#sawBreak = true;
      } else {
        this.#endField(chunk, at);
        if (byte === LINE_END) this.#endRecord(at);
        else this.#column++;
      }
    }
    this.#quoted = quoted;
    if (this.#rules[this.#column] !== undefined) this.#keepHead(chunk, end);
    this.#fieldStart -= end;
    this.#recordStart -= end;
  }

  /** The stretches of fields that a chunk consists of, of the next chunk to be taken. */
  *stretches(chunk: Uint8Array): Generator<Stretch> {
    let quoted = this.#quoted;
    let column = this.#column;
    let record = this.records;
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === QUOTE) quoted = !quoted;
      else if (!quoted && (byte === COMMA || byte === LINE_END)) {
        yield { column, record, start, end: at };
        start = at + 1;
        column = byte === COMMA ? column + 1 : 0;
        if (byte === LINE_END) record++;
      }
    }
    yield { column, record, start, end: chunk.length };
  }

  #endField(chunk: Uint8Array, at: number): void {
    const column = this.#column;
    const length = at - this.#fieldStart;
    if (length === 0) this.#nulls[column]! += 1;
    else if (length === 2 && this.#sawQuote) this.#empty[column]! += 1;
    else if (this.#isSpecial(chunk, at)) this.#special[column]! += 1;
    if (this.#sawBreak) this.#breaks[column]! += 1;
    if (this.#sawNul) this.#nuls[column]! += 1;
    this.#sawQuote = false;
    this.#sawBreak = false;
    this.#sawNul = false;
    this.#fieldStart = at + 1;
  }

  #endRecord(at: number): void {
    this.records++;
    this.#column = 0;
    const length = at + 1 - this.#recordStart;
    if (length > this.longestRecord) this.longestRecord = length;
    this.#recordStart = at + 1;
  }

  #isSpecial(chunk: Uint8Array, end: number): boolean {
    const rule = this.#rules[this.#column];
    if (rule === undefined) return false;
    if (this.#fieldStart >= 0) return rule(chunk, this.#fieldStart, end);
    return rule(Buffer.concat([this.#head, chunk.subarray(0, end)]), 0, end + this.#head.length);
  }

  #keepHead(chunk: Uint8Array, end: number): void {
    const before = this.#fieldStart < 0 ? this.#head : Buffer.alloc(0);
    this.#head = Buffer.concat([before, chunk.subarray(Math.max(0, this.#fieldStart), end)]).subarray(0, SPECIAL_BYTES);
  }
}

/** Whether bytes are UTF-8, but for a letter that the next ones may end; and how many bytes of such a letter stand at the end. */
export function checkUtf8(chunk: Uint8Array): { readonly valid: boolean; readonly cut: number } {
  const cut = cutLetter(chunk);
  return { valid: isUtf8(cut === 0 ? chunk : chunk.subarray(0, chunk.length - cut)), cut };
}

/** Bytes at the end that begin a letter of UTF-8 without ending it: 0 to 3. */
function cutLetter(chunk: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back] as number;
    // Not one that goes on with a letter.
    if ((byte & 0xc0) !== 0x80) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return length > back ? back : 0;
    }
  }
  return 0;
}
