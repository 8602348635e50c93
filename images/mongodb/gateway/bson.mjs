import { deserialize, onDemand, serialize, Timestamp } from 'bson';

/** Decodes a command. Numbers of 64 bits stay Long, so that a cursor's id keeps its digits. */
export const decode = (bytes) => deserialize(bytes, { promoteLongs: false, promoteBuffers: false, bsonRegExp: true });
/** Decodes so that encoding gives the very same types back. */
export const decodeExactly = (bytes) => deserialize(bytes, { promoteValues: false, bsonRegExp: true });
export const encode = (document) => Buffer.from(serialize(document, { ignoreUndefined: true }));
export const OK = encode({ ok: 1 });

/** Whether a document has an element of that name, without decoding it. */
export const has = (bytes, name) => find(bytes, name) !== undefined;

/** A document with one more element at its end. */
export function append(bytes, element) {
  const added = encode(element).subarray(4, -1);
  const result = Buffer.concat([bytes.subarray(0, -1), added, bytes.subarray(-1)]);
  result.writeInt32LE(result.length, 0);
  return result;
}

/** A document whose embedded document `name` has one more element at its end. The batches in it are copied, not decoded. */
export function appendInside(bytes, name, element) {
  const found = find(bytes, name);
  if (found === undefined) return bytes;
  const [, , , offset, length] = found;
  const inner = append(bytes.subarray(offset, offset + length), element);
  const result = Buffer.concat([bytes.subarray(0, offset), inner, bytes.subarray(offset + length)]);
  result.writeInt32LE(result.length, 0);
  return result;
}

function find(bytes, name) {
  for (const element of onDemand.parseToElements(bytes)) {
    const [, start, length] = element;
    if (bytes.toString('utf8', start, start + length) === name) return element;
  }
  return undefined;
}

let seconds = 0;
let ordinal = 0;

/** A cluster time: now, and no other one's. */
export function nextClusterTime() {
  const now = Math.floor(Date.now() / 1000);
  ordinal = now > seconds ? 1 : ordinal + 1;
  seconds = Math.max(now, seconds);
  return new Timestamp({ t: seconds, i: ordinal });
}
