import { Buffer } from 'node:buffer';

/** Bytes between one that writes and one that reads, in a memory of fixed size. Places are counted from the first byte ever written. */
export class Ring {
  readonly #memory: Buffer;
  #written = 0;
  #read = 0;

  constructor(bytes: number) {
    this.#memory = Buffer.allocUnsafeSlow(bytes);
  }

  /** Takes as many of the bytes from `from` on as there is room for; says how many. */
  write(bytes: Uint8Array, from: number): number {
    const size = this.#memory.length;
    const count = Math.min(bytes.length - from, size - (this.#written - this.#read));
    const at = this.#written % size;
    const first = Math.min(count, size - at);
    this.#memory.set(bytes.subarray(from, from + first), at);
    if (count > first) this.#memory.set(bytes.subarray(from + first, from + count), 0);
    this.#written += count;
    return count;
  }

  /** Bytes that lie in one stretch, behind so many that are there to be read, no more than `most`; valid until {@link skip}. */
  peek(behind: number, most: number): Buffer {
    const from = this.#read + behind;
    const at = from % this.#memory.length;
    const count = Math.min(this.#written - from, most);
    return this.#memory.subarray(at, Math.min(at + count, this.#memory.length));
  }

  /** Gives the room of bytes back that were peeked. */
  skip(bytes: number): void {
    this.#read += bytes;
  }
}
