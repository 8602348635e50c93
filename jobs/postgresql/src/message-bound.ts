// How large a message may be that `pg` takes whole: rows of datasets pass elsewhere (row-query.ts).

/** A server's messages other than rows have kilobytes; so has the longest error that is worth reading. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Type and length, which counts itself. */
const HEAD_BYTES = 5;

/** Follows the heads of messages through pieces of any size. */
export class MessageBound {
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  /** Bytes of the message's body that have not come yet. */
  #left = 0;

  /** Takes the next bytes; says whether every message in them keeps to the bound. */
  keeps(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length;) {
      const skipped = Math.min(this.#left, bytes.length - at);
      this.#left -= skipped;
      at += skipped;
      if (this.#left > 0 || at === bytes.length) return true;
      const copied = bytes.copy(this.#head, this.#headBytes, at);
      this.#headBytes += copied;
      at += copied;
      if (this.#headBytes < HEAD_BYTES) return true;
      this.#headBytes = 0;
      this.#left = this.#head.readUInt32BE(1) - 4;
      if (this.#left < 0 || this.#left > MAX_MESSAGE_BYTES) return false;
    }
    return true;
  }
}
