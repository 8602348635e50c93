import { isUtf8 } from 'node:buffer';
import type { ValueType } from '../columns/value-type.ts';
import { COUNTER_WASM } from './counter.wasm.ts';
import { COMMA, LINE_END, QUOTE } from './rules.ts';
import { specialRule } from './special.ts';
import { type WasmGlobal, type WasmMemory, ensureBytes, instantiate } from '../wasm.ts';

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

/** A stretch of one field within a chunk. */
interface Stretch {
  readonly column: number;
  readonly record: number;
  readonly start: number;
  readonly end: number;
}

/** What ../../wasm/counter.ts exports. */
interface CounterWasm {
  readonly memory: WasmMemory;
  readonly INPUT: WasmGlobal;
  readonly INPUT_BYTES: WasmGlobal;
  readonly COLUMNS: WasmGlobal;
  readonly COLUMN_BYTES: WasmGlobal;
  readonly records: WasmGlobal;
  readonly longestRecord: WasmGlobal;
  readonly column: WasmGlobal;
  readonly quoted: WasmGlobal;
  begin(columns: number): void;
  take(length: number): void;
}

/** Reads the bytes of a CSV by the rules of rules.ts as they pass, and counts what is in them; it keeps no value. */
export class CsvCounter {
  readonly #wasm: CounterWasm;
  readonly #input: Uint8Array;
  /** Of each column its rule and its counts. */
  readonly #counts: Float64Array;
  readonly #stride: number;

  constructor(types: readonly ValueType[]) {
    const wasm = instantiate(COUNTER_WASM) as CounterWasm;
    const { memory, INPUT, INPUT_BYTES, COLUMNS, COLUMN_BYTES } = wasm;
    ensureBytes(memory, COLUMNS.value + types.length * COLUMN_BYTES.value);
    this.#wasm = wasm;
    this.#input = new Uint8Array(memory.buffer, INPUT.value, INPUT_BYTES.value);
    this.#stride = COLUMN_BYTES.value / Float64Array.BYTES_PER_ELEMENT;
    this.#counts = new Float64Array(memory.buffer, COLUMNS.value, types.length * this.#stride);
    const rules = new Uint32Array(memory.buffer, COLUMNS.value, types.length * this.#stride * 2);
    types.forEach((type, column) => (rules[column * this.#stride * 2] = specialRule(type)));
    wasm.begin(types.length);
  }

  /** Records that have ended. */
  get records(): number {
    return this.#wasm.records.value;
  }

  /** Bytes of the longest record, its line end among them. */
  get longestRecord(): number {
    return this.#wasm.longestRecord.value;
  }

  /** Whether what was taken ends within quotes. */
  get isQuoted(): boolean {
    return this.#wasm.quoted.value === 1;
  }

  /** The counts of a column. */
  counts(column: number): ColumnCounts {
    const place = column * this.#stride;
    const [, nulls = 0, emptyStrings = 0, lineBreaks = 0, nulBytes = 0, special = 0] = this.#counts.subarray(place, place + this.#stride);
    return { nulls, emptyStrings, lineBreaks, nulBytes, special };
  }

  /** Counts what is in the next bytes. */
  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += this.#input.length) {
      const piece = at === 0 && chunk.length <= this.#input.length ? chunk : chunk.subarray(at, at + this.#input.length);
      this.#input.set(piece);
      this.#wasm.take(piece.length);
    }
  }

  /** The stretches of fields that a chunk consists of, of the next chunk to be taken. */
  *stretches(chunk: Uint8Array): Generator<Stretch> {
    let quoted = this.isQuoted;
    let column: number = this.#wasm.column.value;
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
