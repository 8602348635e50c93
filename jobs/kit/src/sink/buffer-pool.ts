/** Part buffers that are used again, over all objects of an attempt, so that memory stays flat without waiting for the garbage collector. */
export class BufferPool {
  #spare: Buffer[] = [];

  /** A buffer of `size` bytes, with whatever stood in it before. */
  take(size: number): Buffer {
    const index = this.#spare.findIndex((buffer) => buffer.byteLength === size);
    const [spare] = index === -1 ? [] : this.#spare.splice(index, 1);
    return spare ?? Buffer.allocUnsafeSlow(size);
  }

  /** Takes a buffer back; those of other sizes are let go: parts grow within an object, and begin small again with the next one. */
  give(buffer: Buffer): void {
    this.#spare = this.#spare.filter((other) => other.byteLength === buffer.byteLength);
    this.#spare.push(buffer);
  }
}
