import { BSON } from 'mongodb';
import type { Answer } from './commands.ts';

/** A message's header: its length, its number, the number that it answers, what it is. */
const HEADER = 16;
const OP_REPLY = 1;
/** Of old; drivers still begin with it. */
const OP_QUERY = 2004;
const OP_MSG = 2013;
const ARRAY = 4;

/** The messages that come in, each as its bytes. */
export async function* messagesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= HEADER && held.length >= held.readInt32LE(0)) {
      const length = held.readInt32LE(0);
      yield held.subarray(0, length);
      held = held.subarray(length);
    }
  }
}

/** The command that a message holds. Clients that read send no second section with documents. */
export function readCommand(message: Buffer): BSON.Document {
  const kind = message.readInt32LE(12);
  if (kind === OP_MSG) return BSON.deserialize(message.subarray(HEADER + 5));
  if (kind !== OP_QUERY) throw new Error(`a message of the unknown kind ${kind}`);
  // Flags, the name of the collection, two numbers.
  return BSON.deserialize(message.subarray(message.indexOf(0, HEADER + 4) + 1 + 8));
}

/** The bytes that answer a message. */
export function replyTo(message: Buffer, { fields, cursor }: Answer): Buffer[] {
  const old = message.readInt32LE(12) === OP_QUERY;
  const body = cursor === undefined ? [Buffer.from(BSON.serialize(fields))] : withCursor(fields, cursor);
  // OP_REPLY: flags, cursor, first, count; OP_MSG: flags, and that one document follows.
  const head = Buffer.alloc(HEADER + (old ? 20 : 5));
  head.writeInt32LE(head.length + lengthOf(body), 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(old ? OP_REPLY : OP_MSG, 12);
  if (old) head.writeInt32LE(1, HEADER + 16);
  return [head, ...body];
}

/** A reply's document around a batch that is not copied. */
function withCursor(fields: BSON.Document, { id, ns, name, array }: NonNullable<Answer['cursor']>): Buffer[] {
  const cursor = within('cursor', 3, within(name, ARRAY, [array], BSON.serialize({ id: BSON.Long.fromNumber(id), ns })), BSON.serialize({}));
  const document = [...cursor];
  const rest = Buffer.from(BSON.serialize(fields));
  const last = document.pop() as Buffer;
  const whole = [...document, rest.subarray(4, -1), last];
  (whole[0] as Buffer).writeInt32LE(lengthOf(whole), 0);
  return whole;
}

/** A document with one more element at its end, whose value is in pieces. */
function within(name: string, type: number, value: readonly Buffer[], before: Uint8Array): Buffer[] {
  const pieces = [Buffer.from(before.subarray(0, -1)), Buffer.from(`${String.fromCharCode(type)}${name}\0`, 'latin1'), ...value, Buffer.alloc(1)];
  (pieces[0] as Buffer).writeInt32LE(lengthOf(pieces), 0);
  return pieces;
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
