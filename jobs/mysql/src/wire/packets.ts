import { Buffer } from 'node:buffer';

const HEADER_BYTES = 4;
/** A packet of this length is continued by the next one. */
const CONTINUED = 0xffffff;

/** What reads the bytes of a connection: mysql2's parser, or who stands before it. */
export interface Parser {
  execute(bytes: Buffer): void;
}

/** Hands bytes on packet by packet, so that between two of them somebody else may take over. */
export class Packets {
  readonly #parser: Parser;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #left = 0;
  #continued = false;

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  /** Whether the last packet, or the one that it continues, has not ended. */
  get within(): boolean {
    return this.#headerBytes > 0 || this.#continued;
  }

  /** Hands on what belongs to one packet, and says how many bytes that were. */
  feed(bytes: Buffer): number {
    const begun = bytes.copy(this.#header, this.#headerBytes);
    const whole = this.#headerBytes < HEADER_BYTES && this.#headerBytes + begun === HEADER_BYTES;
    this.#headerBytes += begun;
    if (whole) {
      this.#left = this.#header.readUIntLE(0, 3);
      this.#continued = this.#left === CONTINUED;
    }
    const end = begun + (this.#headerBytes === HEADER_BYTES ? Math.min(this.#left, bytes.length - begun) : 0);
    this.#left -= end - begun;
    if (this.#headerBytes === HEADER_BYTES && this.#left === 0) this.#headerBytes = 0;
    this.#parser.execute(bytes.subarray(0, end));
    return end;
  }
}
