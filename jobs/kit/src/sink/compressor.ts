import { Buffer } from 'node:buffer';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from '@esclusa/contract';

/** Bytes that are compressed at once: while a thread has one such block, the next one is filled. */
const BLOCK_BYTES = 256 * 1024;
const OUTPUT_BYTES = 64 * 1024;
// Measured (docs/decisions.md): above these levels it takes far more time than it saves bytes.
const GZIP_LEVEL = 2;
const ZSTD_LEVEL = 1;

/** Where compressed bytes go. */
interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}

/**
 * Compresses what is written into one frame, in a thread of zlib's own, and hands it on. Memory is that of two blocks and what one block
 * becomes: `write` waits while both are full, for the thread or for whoever takes the output. A failure of the output rejects the next
 * `write`, and `finish`, as it was.
 */
export class Compressor {
  /** Bytes taken, before compression. */
  bytes = 0;
  readonly #stream: ReturnType<typeof streamOf>;
  readonly #sink: ByteSink;
  readonly #drained: Promise<void>;
  readonly #blocks = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)] as const;
  #current = 0;
  #filled = 0;
  /** The block before, which the thread may still read. */
  #before: Promise<void> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;
  /** Ends the wait for the thread when the output has failed: a stream that was destroyed tells no writer. */
  #giveUp: (() => void) | undefined;

  constructor(compression: Compression, sink: ByteSink) {
    this.#stream = streamOf(compression);
    this.#sink = sink;
    this.#drained = this.#drain();
  }

  /** Takes bytes, which may be used again once it resolves. */
  async write(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.byteLength;
    for (let taken = 0; taken < chunk.byteLength;) {
      const n = Math.min(chunk.byteLength - taken, BLOCK_BYTES - this.#filled);
      this.#block.set(chunk.subarray(taken, taken + n), this.#filled);
      this.#filled += n;
      taken += n;
      if (this.#filled === BLOCK_BYTES) await this.#compress();
    }
    this.#throwFailure();
  }

  /** Ends the frame; after it every byte is handed on. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#compress();
    await this.#before;
    this.#stream.end();
    await this.#drained;
    this.#throwFailure();
  }

  /** Lets go of the thread; what was not handed on by then never is. */
  destroy(): void {
    this.#failure ??= { cause: new Error('the compressor was let go before it had finished') };
    this.#stream.destroy();
  }

  get #block(): Buffer {
    return this.#current === 0 ? this.#blocks[0] : this.#blocks[1];
  }

  /** Gives the block to the thread once it is done with the one before, and goes on with the other. */
  async #compress(): Promise<void> {
    await this.#before;
    this.#throwFailure();
    const block = this.#block.subarray(0, this.#filled);
    this.#current = 1 - this.#current;
    this.#filled = 0;
    this.#before = new Promise((resolve) => {
      this.#giveUp = resolve;
      // An error of the stream's own comes out where it is drained.
      this.#stream.write(block, () => resolve());
    });
  }

  async #drain(): Promise<void> {
    try {
      for await (const bytes of this.#stream) {
        if (this.#failure !== undefined) break;
        await this.#sink.write(bytes as Buffer);
      }
    } catch (cause) {
      this.#failure ??= { cause };
    } finally {
      this.#giveUp?.();
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}

function streamOf(compression: Compression) {
  switch (compression) {
    case 'gzip':
      return createGzip({ level: GZIP_LEVEL, chunkSize: OUTPUT_BYTES });
    case 'zstd': {
      const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
      return createZstdCompress({ chunkSize: OUTPUT_BYTES, params });
    }
    default: {
      const never: never = compression;
      throw new Error(`unknown compression ${String(never)}`);
    }
  }
}
