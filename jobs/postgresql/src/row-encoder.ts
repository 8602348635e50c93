import { type Piece, type WasmGlobal, type WasmMemory, ensureBytes, instantiate } from '@esclusa/kit';
import { ROWS_WASM } from './rows.wasm.ts';
import type { ValueFormat } from './kinds.ts';

/** What ../wasm/rows.ts exports. */
interface RowsWasm {
  readonly memory: WasmMemory;
  readonly FULL: WasmGlobal;
  readonly OTHER: WasmGlobal;
  readonly BROKEN: WasmGlobal;
  readonly TEXT: WasmGlobal;
  readonly DATE: WasmGlobal;
  readonly TIMESTAMP: WasmGlobal;
  readonly TIMESTAMPTZ: WasmGlobal;
  readonly FORMATS: WasmGlobal;
  readonly MOST_COLUMNS: WasmGlobal;
  readonly INPUT: WasmGlobal;
  readonly INPUT_BYTES: WasmGlobal;
  readonly CHUNK_BYTES: WasmGlobal;
  readonly OUTPUT: WasmGlobal;
  readonly OUTPUT_BYTES: WasmGlobal;
  readonly read: WasmGlobal;
  readonly written: WasmGlobal;
  readonly rows: WasmGlobal;
  carry(from: number, end: number): number;
  encode(columns: number, from: number, end: number, output: number, to: number): number;
}

/** Why the encoder stopped: it needs more bytes; every chunk is out; the next message is no row; the bytes are not as the protocol says. */
export type Stopped = 'starved' | 'full' | 'other' | 'broken';

/** Chunks that there are. Those that are not needed take no memory: what was given back last is written over first. */
const CHUNKS = 128;

/**
 * The server's rows (DataRow messages) to CSV, from a memory that a socket may read into, to chunks that are lent: no byte is copied
 * between. It serves one result after the other.
 */
export class RowEncoder {
  readonly #wasm = instantiate(ROWS_WASM) as RowsWasm;
  readonly #memory: Uint8Array;
  /** Where the next bytes are to be put, all of it; only while the encoder is starved. */
  readonly input: Uint8Array;
  readonly #free: number[];
  /** How many chunks may be out or be written, and how many are. */
  #most = CHUNKS;
  #used = 1;
  #output: number | undefined;
  #written = 0;
  #columns = 0;
  // What was put and not read.
  #from: number;
  #end: number;

  /** Told when a chunk was given back. */
  onRoom: () => void = () => undefined;

  constructor() {
    const { memory, INPUT, INPUT_BYTES, OUTPUT, OUTPUT_BYTES } = this.#wasm;
    ensureBytes(memory, OUTPUT.value + CHUNKS * OUTPUT_BYTES.value);
    this.#memory = new Uint8Array(memory.buffer);
    this.input = this.#memory.subarray(INPUT.value, INPUT.value + INPUT_BYTES.value);
    this.#free = Array.from({ length: CHUNKS }, (_, n) => OUTPUT.value + n * OUTPUT_BYTES.value);
    this.#output = this.#free.pop();
    this.#from = this.#end = INPUT.value;
  }

  /** What comes from now on are rows of values in these formats. */
  begin(formats: readonly ValueFormat[]): void {
    const { TEXT: text, DATE: date, TIMESTAMP: timestamp, TIMESTAMPTZ: timestamptz, FORMATS, MOST_COLUMNS } = this.#wasm;
    if (formats.length > MOST_COLUMNS.value) throw new RangeError(`a row has ${MOST_COLUMNS.value} columns at the most, and not ${formats.length}`);
    const numbers = { text, date, timestamp, timestamptz };
    formats.forEach((format, column) => (this.#memory[FORMATS.value + column] = numbers[format].value));
    this.#columns = formats.length;
  }

  /** Lends no more bytes at once than so many, whole chunks that they are. */
  lendUpTo(bytes: number): void {
    this.#most = Math.min(CHUNKS, Math.max(2, Math.floor(bytes / this.#wasm.CHUNK_BYTES.value)));
    this.#output ??= this.#next();
  }

  /** Rows that it ever wrote. */
  get rows(): number {
    return this.#wasm.rows.value;
  }

  /** So many bytes were put to the beginning of `input`. */
  received(count: number): void {
    this.#end = this.#wasm.INPUT.value + count;
  }

  /** Encodes what was put; `onChunk` is told of every chunk that became full. */
  encode(onChunk: (piece: Piece) => void): Stopped {
    const { FULL, OTHER, BROKEN, read, written } = this.#wasm;
    for (;;) {
      if (this.#output === undefined) return 'full';
      const why = this.#wasm.encode(this.#columns, this.#from, this.#end, this.#output, this.#output + this.#written);
      this.#from = read.value;
      this.#written = written.value - this.#output;
      if (why !== FULL.value) {
        if (why === OTHER.value) return 'other';
        if (why === BROKEN.value) return 'broken';
        this.#from = this.#wasm.carry(this.#from, this.#end);
        this.#end = this.#wasm.INPUT.value;
        return 'starved';
      }
      const piece = this.take();
      if (piece !== undefined) onChunk(piece);
    }
  }

  /** What was written since the last chunk. */
  take(): Piece | undefined {
    const output = this.#output;
    if (output === undefined || this.#written === 0) return undefined;
    const bytes = this.#memory.subarray(output, output + this.#written);
    this.#output = this.#next();
    this.#written = 0;
    return { bytes, free: () => this.#giveBack(output) };
  }

  /** What was put and not encoded, which is forgotten here. */
  rest(): Uint8Array {
    const rest = this.#memory.slice(this.#from, this.#end);
    this.#from = this.#end = this.#wasm.INPUT.value;
    return rest;
  }

  #next(): number | undefined {
    if (this.#used >= this.#most) return undefined;
    this.#used++;
    return this.#free.pop();
  }

  #giveBack(output: number): void {
    this.#free.push(output);
    this.#used--;
    this.#output ??= this.#next();
    this.onRoom();
  }
}
