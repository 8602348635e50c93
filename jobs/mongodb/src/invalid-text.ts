import { isUtf8 } from 'node:buffer';
import { BSON } from 'mongodb';

const STRING_TYPES = new Set([2, 13, 14]);
const DOCUMENT = 3;
const ARRAY = 4;

/** Whether a text within a top-level field of a document's bytes, however deep, is no UTF-8; decoding puts U+FFFD there. */
export function holdsInvalidText(document: Uint8Array, field: string): boolean {
  for (const [type, nameOffset, nameLength, offset, length] of BSON.onDemand.parseToElements(document)) {
    const name = document.subarray(nameOffset, nameOffset + nameLength);
    if (Buffer.from(name).toString('utf8') !== field) continue;
    if (!isUtf8(name) || isInvalid(document, type, offset, length)) return true;
  }
  return false;
}

function isInvalid(bytes: Uint8Array, type: number, offset: number, length: number): boolean {
  // A text is its length in four bytes, itself, and a zero.
  if (STRING_TYPES.has(type)) return !isUtf8(bytes.subarray(offset + 4, offset + length - 1));
  if (type !== DOCUMENT && type !== ARRAY) return false;
  for (const [inner, nameOffset, nameLength, at, size] of BSON.onDemand.parseToElements(bytes, offset)) {
    if (!isUtf8(bytes.subarray(nameOffset, nameOffset + nameLength)) || isInvalid(bytes, inner, at, size)) return true;
  }
  return false;
}
