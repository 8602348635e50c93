/** The two streams of a container. */
export type StreamKind = 'stdout' | 'stderr';

const HEADER_BYTES = 8;

/**
 * Takes Docker's multiplexed stream apart: frames of one byte stream number, three zeroes, four bytes length, payload.
 * Payload is handed on as it comes, never gathered, so that memory doesn't depend on the size of a frame.
 */
export class Demux {
  readonly #take: (kind: StreamKind, chunk: Buffer) => void;
  #header: Buffer = Buffer.alloc(0);
  #kind: StreamKind = 'stdout';
  #left = 0;

  constructor(take: (kind: StreamKind, chunk: Buffer) => void) {
    this.#take = take;
  }

  /** False while a frame is only partly there: a stream that ends then was cut. */
  get betweenFrames(): boolean {
    return this.#left === 0 && this.#header.length === 0;
  }

  /** Takes the next bytes; throws when they are no frames of Docker's. */
  write(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        rest = this.#readHeader(rest);
        continue;
      }
      const payload = rest.subarray(0, this.#left);
      this.#left -= payload.length;
      rest = rest.subarray(payload.length);
      this.#take(this.#kind, payload);
    }
  }

  #readHeader(chunk: Buffer): Buffer {
    const missing = HEADER_BYTES - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    if (this.#header.length === HEADER_BYTES) {
      const stream = this.#header[0];
      if (stream !== 1 && stream !== 2) throw new Error(`frame of unknown stream ${stream}`);
      this.#kind = stream === 1 ? 'stdout' : 'stderr';
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return chunk.subarray(missing);
  }
}
