import { Buffer } from 'node:buffer';
import { type WasmGlobal, type WasmMemory, ensureBytes, instantiate } from '../wasm.ts';
import { QUOTE } from './rules.ts';
import { SEPARATORS_WASM } from './separators.wasm.ts';

/** Is told of each field of a CSV, in order; columns and records count from 0. */
export interface FieldSink {
  null(): void;
  /** A value without its quotes; the bytes are valid until the call returns. */
  bytes(place: Place, source: Buffer, start: number, end: number): void;
  endRecord(): void;
}

/** Where a field stands. */
export interface Place {
  readonly column: number;
  readonly record: number;
}

/** What ../../wasm/separators.ts exports. */
interface SeparatorsWasm {
  readonly memory: WasmMemory;
  readonly INPUT: WasmGlobal;
  readonly INPUT_BYTES: WasmGlobal;
  readonly FOUND: WasmGlobal;
  find(length: number): number;
}

/** Takes a plain CSV (rules.ts) apart into its values, whatever chunks it comes in. What is kept between them is a field that has begun. */
export class CsvFields {
  readonly #sink: FieldSink;
  readonly #wasm: SeparatorsWasm;
  readonly #input: Uint8Array;
  readonly #found: Uint32Array;
  #held: Buffer[] = [];
  readonly #place = { column: 0, record: 0 };

  constructor(sink: FieldSink) {
    this.#sink = sink;
    const wasm = instantiate(SEPARATORS_WASM) as SeparatorsWasm;
    const { memory, INPUT, INPUT_BYTES, FOUND } = wasm;
    ensureBytes(memory, FOUND.value + INPUT_BYTES.value * Uint32Array.BYTES_PER_ELEMENT);
    this.#wasm = wasm;
    this.#input = new Uint8Array(memory.buffer, INPUT.value, INPUT_BYTES.value);
    this.#found = new Uint32Array(memory.buffer, FOUND.value, INPUT_BYTES.value);
  }

  take(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = 0;
    for (let from = 0; from < bytes.length; from += this.#input.length) {
      const piece = bytes.subarray(from, from + this.#input.length);
      this.#input.set(piece);
      const count = this.#wasm.find(piece.length);
      for (let index = 0; index < count; index++) {
        const found = this.#found[index] as number;
        const at = from + (found >>> 2);
        this.#endField(bytes, start, at, (found & 2) === 2);
        if ((found & 1) === 1) this.#endRecord();
        else this.#place.column++;
        start = at + 1;
      }
    }
    if (start < bytes.length) this.#held.push(Buffer.from(bytes.subarray(start)));
  }

  /** `hasQuotes`: beside those around it. */
  #endField(bytes: Buffer, start: number, end: number, hasQuotes: boolean): void {
    if (this.#held.length === 0) return this.#tell(bytes, start, end, hasQuotes);
    const whole = Buffer.concat([...this.#held, bytes.subarray(start, end)]);
    this.#held = [];
    this.#tell(whole, 0, whole.length, hasQuotes);
  }

  #endRecord(): void {
    this.#sink.endRecord();
    this.#place.column = 0;
    this.#place.record++;
  }

  #tell(bytes: Buffer, start: number, end: number, hasQuotes: boolean): void {
    if (start === end) this.#sink.null();
    else if (bytes[start] !== QUOTE) this.#sink.bytes(this.#place, bytes, start, end);
    else if (!hasQuotes) this.#sink.bytes(this.#place, bytes, start + 1, end - 1);
    else {
      const content = singleQuotes(bytes.subarray(start + 1, end - 1));
      this.#sink.bytes(this.#place, content, 0, content.length);
    }
  }
}

/** The content of a quoted field with one quote for each two. */
function singleQuotes(content: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let from = content.indexOf(QUOTE); from !== -1; from = content.indexOf(QUOTE, start)) {
    pieces.push(content.subarray(start, from + 1));
    start = from + 2;
  }
  pieces.push(content.subarray(start));
  return Buffer.concat(pieces);
}
