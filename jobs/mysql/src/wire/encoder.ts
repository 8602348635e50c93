import { Buffer } from 'node:buffer';
import { type WasmGlobal, type WasmMemory, ensureBytes, instantiate } from '@esclusa/kit';
import type { Kind } from '../kinds.ts';
import { shortestFloat } from '../values.ts';
import { ROWS_WASM } from './rows.wasm.ts';

/** What ../../wasm/rows.ts exports. */
interface RowsWasm extends Readonly<Record<Uppercase<Kind>, WasmGlobal>> {
  readonly memory: WasmMemory;
  readonly FULL: WasmGlobal;
  readonly OTHER: WasmGlobal;
  readonly KINDS: WasmGlobal;
  readonly INPUT: WasmGlobal;
  readonly INPUT_BYTES: WasmGlobal;
  readonly OUTPUT: WasmGlobal;
  readonly OUTPUT_BYTES: WasmGlobal;
  readonly OUTPUTS: WasmGlobal;
  readonly read: WasmGlobal;
  readonly written: WasmGlobal;
  readonly rows: WasmGlobal;
  encode(columns: number, from: number, end: number, output: number, to: number): number;
}

/** Why the encoder stopped: every whole packet is encoded; there is a chunk to take; the next packet is not a row that it writes. */
export type Stopped = 'starved' | 'full' | 'other';

/**
 * Row packets of the text protocol, as they come from the socket, to CSV, 16 bytes at a time. Byte for byte what writeRow (values.ts) writes, which is
 * for what this leaves alone: packets larger than 4 MiB, and whatever is no row. It serves one result after the other.
 */
export class RowEncoder {
  readonly #wasm: RowsWasm;
  #columns = 0;
  #memory: Buffer;
  readonly #outputs: readonly number[];
  #free: number[] = [];
  #output: number | undefined;
  #written = 0;
  // What was put and not read.
  #from: number;
  #end: number;

  constructor() {
    const writeFloat = (start: number, end: number, to: number): number => {
      const text = shortestFloat(this.#memory.toString('latin1', start, end));
      return this.#memory.write(text, to, 'latin1');
    };
    const wasm = instantiate(ROWS_WASM, { writeFloat }) as RowsWasm;
    const { memory, OUTPUT, OUTPUT_BYTES, OUTPUTS, KINDS, INPUT } = wasm;
    ensureBytes(memory, KINDS.value);
    this.#wasm = wasm;
    this.#memory = Buffer.from(memory.buffer);
    this.#outputs = Array.from({ length: OUTPUTS.value }, (_, n) => OUTPUT.value + n * OUTPUT_BYTES.value);
    this.#from = this.#end = INPUT.value;
  }

  /** Begins with the rows of another result; what was taken before is no longer valid. */
  begin(kinds: readonly Kind[]): void {
    const { memory, KINDS, INPUT } = this.#wasm;
    ensureBytes(memory, KINDS.value + kinds.length);
    this.#memory = Buffer.from(memory.buffer);
    kinds.forEach((kind, column) => (this.#memory[KINDS.value + column] = this.#wasm[kind.toUpperCase() as Uppercase<Kind>].value));
    this.#columns = kinds.length;
    this.#free = [...this.#outputs];
    this.#output = this.#free.pop();
    this.#written = 0;
    this.#from = this.#end = INPUT.value;
  }

  /** Rows that it ever wrote. */
  get rows(): number {
    return this.#wasm.rows.value;
  }

  /** Whether there is room to write: every chunk that was taken may be out. */
  get ready(): boolean {
    return this.#output !== undefined;
  }

  /** Takes as many of the bytes as there is room for, and says how many. */
  put(bytes: Buffer): number {
    const { INPUT, INPUT_BYTES } = this.#wasm;
    if (this.#from !== INPUT.value) this.#memory.copyWithin(INPUT.value, this.#from, this.#end);
    this.#end -= this.#from - INPUT.value;
    this.#from = INPUT.value;
    const taken = bytes.copy(this.#memory, this.#end, 0, INPUT.value + INPUT_BYTES.value - this.#end);
    this.#end += taken;
    return taken;
  }

  /** Encodes what was put; there must be an output. */
  encode(): Stopped {
    const { FULL, OTHER, read, written } = this.#wasm;
    const output = this.#output ?? 0;
    const why = this.#wasm.encode(this.#columns, this.#from, this.#end, output, output + this.#written);
    this.#from = read.value;
    this.#written = written.value - output;
    return why === FULL.value ? 'full' : why === OTHER.value ? 'other' : 'starved';
  }

  /** What was put and is not encoded, which is forgotten here. */
  giveBack(): Buffer {
    const rest = Buffer.from(this.#memory.subarray(this.#from, this.#end));
    this.#from = this.#end;
    return rest;
  }

  /** What was written since the last call, to be given back by {@link free}. */
  take(): Buffer | undefined {
    const output = this.#output;
    if (output === undefined || this.#written === 0) return undefined;
    const chunk = this.#memory.subarray(output, output + this.#written);
    this.#output = this.#free.pop();
    this.#written = 0;
    return chunk;
  }

  /** Writes over a chunk that was taken. */
  free(chunk: Buffer): void {
    this.#free.push(chunk.byteOffset);
    this.#output ??= this.#free.pop();
  }
}
