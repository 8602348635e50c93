import { type WasmGlobal, type WasmMemory, ensureBytes, instantiate } from '@esclusa/kit';
import { COPY_DATA_WASM } from './copy-data.wasm.ts';

/** What ../wasm/copy-data.ts exports. */
interface CopyDataWasm {
  readonly memory: WasmMemory;
  readonly INPUT: WasmGlobal;
  readonly INPUT_BYTES: WasmGlobal;
  readonly OUTPUT: WasmGlobal;
  readonly OUTPUT_BYTES: WasmGlobal;
  readonly consumed: WasmGlobal;
  take(length: number): number;
}

/** Takes the data out of the server's messages; one that has ended a command may take the next one's. */
export class CopyDecoder {
  readonly #wasm = instantiate(COPY_DATA_WASM) as CopyDataWasm;
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;

  constructor() {
    const { memory, INPUT, INPUT_BYTES, OUTPUT, OUTPUT_BYTES } = this.#wasm;
    ensureBytes(memory, OUTPUT.value + OUTPUT_BYTES.value);
    this.#input = new Uint8Array(memory.buffer, INPUT.value, INPUT_BYTES.value);
    this.#output = new Uint8Array(memory.buffer, OUTPUT.value, OUTPUT_BYTES.value);
  }

  /** Bytes that it takes at once, at most. */
  get most(): number {
    return this.#input.length;
  }

  /** The data in some bytes, valid until the next; and how many of them were read: fewer where a message begins that is no data. */
  take(bytes: Uint8Array): { readonly data: Uint8Array; readonly consumed: number } {
    this.#input.set(bytes);
    const length = this.#wasm.take(bytes.length);
    return { data: this.#output.subarray(0, length), consumed: this.#wasm.consumed.value };
  }
}
