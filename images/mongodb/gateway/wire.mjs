/** MongoDB's wire protocol: OP_MSG, and OP_QUERY for the first hello of old drivers. */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const MAX_MESSAGE = 48_000_000;

/** Cuts a connection's bytes into messages. */
export class MessageCutter {
  #parts = [];
  #bytes = 0;

  /** Yields each message that is whole; throws on one that is longer than any may be. */
  *push(chunk) {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= HEADER) {
      if (this.#parts[0].length < 4) this.#parts = [Buffer.concat(this.#parts)];
      const length = this.#parts[0].readInt32LE(0);
      if (length < HEADER || length > MAX_MESSAGE) throw new Error(`message of ${length} bytes`);
      if (this.#bytes < length) return;
      const all = this.#parts.length > 1 ? Buffer.concat(this.#parts) : this.#parts[0];
      this.#parts = all.length > length ? [all.subarray(length)] : [];
      this.#bytes -= length;
      yield all.subarray(0, length);
    }
  }
}

/**
 * What a message asks for: the command's document, and the documents that were sent beside it (of an insert, say).
 * @returns {{requestId: number, legacy: boolean, silent: boolean, body: Buffer, sequence: Buffer | null}}
 */
export function parseMessage(message) {
  const requestId = message.readInt32LE(4);
  switch (message.readInt32LE(12)) {
    case OP_MSG:
      return { requestId, legacy: false, ...parseSections(message) };
    case OP_QUERY: {
      const body = message.subarray(message.indexOf(0, HEADER + 4) + 9);
      return { requestId, legacy: true, silent: false, body: body.subarray(0, body.readInt32LE(0)), sequence: null };
    }
    default:
      throw new Error(`message of kind ${message.readInt32LE(12)}`);
  }
}

function parseSections(message) {
  const flags = message.readUInt32LE(HEADER);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  let body;
  let sequence = null;
  for (let offset = HEADER + 4; offset < end;) {
    const kind = message[offset];
    const start = offset + 1;
    const length = message.readInt32LE(start);
    if (kind === 0) body = message.subarray(start, start + length);
    else sequence = message.subarray(message.indexOf(0, start + 4) + 1, start + length);
    offset = start + length;
  }
  return { silent: (flags & MORE_TO_COME) !== 0, body, sequence };
}

let lastId = 0;

/** The head of an answer; the document follows it. */
export function replyHead({ requestId, legacy }, length) {
  const head = Buffer.alloc(legacy ? 36 : 21);
  lastId = (lastId + 1) & 0x7fffffff;
  head.writeInt32LE(head.length + length, 0);
  head.writeInt32LE(lastId, 4);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) {
    // AwaitCapable; one document.
    head.writeInt32LE(8, 16);
    head.writeInt32LE(1, 32);
  }
  return head;
}
