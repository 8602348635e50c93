import { Buffer } from 'node:buffer';
import type { FileOutput } from '../file-output.ts';

/** Files that end at a size, in memory. */
export class MemoryFiles implements FileOutput {
  /** Those that have ended. */
  readonly files: Buffer[] = [];
  /** Rows up to the end of each of them. */
  readonly rows: number[] = [];
  readonly #size: number;
  #bytes = 0;
  #chunks: Buffer[] = [];

  constructor(size = Infinity) {
    this.#size = size;
  }

  get room(): number {
    return this.#size - this.#bytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
  }

  async next(rows: number): Promise<void> {
    this.rows.push(rows);
    this.end();
  }

  /** Ends the last. */
  end(): void {
    this.files.push(Buffer.concat(this.#chunks));
    [this.#chunks, this.#bytes] = [[], 0];
  }
}
