import type { OutputSink } from '../engine.ts';

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Parts Docker's attach stream into stdout and stderr. Each frame has a header of 8 bytes: stream number, three zeros, and the
 * length of what follows as big-endian 32 bits (https://docs.docker.com/reference/api/engine/, ContainerAttach). Bytes are handed
 * on as they come, so that a frame's size costs no memory.
 */
export class Demultiplexer {
  readonly #sink: OutputSink;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #left = 0;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left === 0) {
        const n = Math.min(HEADER_BYTES - this.#headerBytes, chunk.length - at);
        chunk.copy(this.#header, this.#headerBytes, at, at + n);
        this.#headerBytes += n;
        at += n;
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#left = this.#header.readUInt32BE(4);
        this.#headerBytes = 0;
        continue;
      }
      const n = Math.min(this.#left, chunk.length - at);
      const part = chunk.subarray(at, at + n);
      if (this.#header[0] === STDERR) this.#sink.stderr(part);
      else this.#sink.stdout(part);
      this.#left -= n;
      at += n;
    }
  }
}
