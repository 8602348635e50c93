import { Buffer } from 'node:buffer';

/** A number that a module exports. */
export interface WasmGlobal {
  readonly value: number;
}

/** The memory of a module's instance. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** The part of WebAssembly's API that is used here; the types of Node leave it to the browser's. */
interface Api {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports?: object) => { readonly exports: object };
}
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;

const PAGE_BYTES = 64 * 1024;
const compiled = new Map<string, object>();

/** What a new instance of a module exports, a memory of its own with it; the module (base64, by `npm run wasm`) is compiled once. `functions` are what it calls. */
export function instantiate(wasm: string, functions: Readonly<Record<string, (...values: number[]) => number>> = {}): object {
  let module = compiled.get(wasm);
  if (module === undefined) compiled.set(wasm, (module = new Module(Buffer.from(wasm, 'base64'))));
  return new Instance(module, { env: functions }).exports;
}

/** Makes a memory as large as needed. Views of its buffer are to be made after it. */
export function ensureBytes(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
