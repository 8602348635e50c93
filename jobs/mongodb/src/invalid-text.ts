import { isUtf8 } from 'node:buffer';
import { BSON } from 'mongodb';
import type { Path } from './paths.ts';

const DOCUMENT = 3;
const ARRAY = 4;
const REGEX = 11;
const DB_POINTER = 12;
const CODE_WITH_SCOPE = 15;
/** Texts, code and symbols: the length in four bytes, the text, and a zero. */
const STRING_TYPES = new Set([2, 13, 14]);

/** Whether a text within the top-level field of a document's bytes that a path begins at, however deep, is no UTF-8; decoding puts U+FFFD there. */
export function holdsInvalidText(document: Uint8Array, { segments, rests }: Path): boolean {
  for (const [type, nameOffset, nameLength, offset, length] of BSON.onDemand.parseToElements(document)) {
    const name = document.subarray(nameOffset, nameOffset + nameLength);
    const field = Buffer.from(name).toString('utf8');
    if (field !== segments[0] && field !== rests[0]) continue;
    if (!isUtf8(name) || isInvalid(document, type, offset, length)) return true;
  }
  return false;
}

function isInvalid(bytes: Uint8Array, type: number, offset: number, length: number): boolean {
  if (STRING_TYPES.has(type)) return !isUtf8(bytes.subarray(offset + 4, offset + length - 1));
  switch (type) {
    case REGEX:
      return !isUtf8(bytes.subarray(offset, offset + length));
    case DB_POINTER:
      return !isUtf8(textAt(bytes, offset));
    case CODE_WITH_SCOPE: {
      // Behind its whole length.
      const code = textAt(bytes, offset + 4);
      return !isUtf8(code) || documentIsInvalid(bytes, offset + 4 + 4 + code.length + 1);
    }
    case DOCUMENT:
    case ARRAY:
      return documentIsInvalid(bytes, offset);
    default:
      return false;
  }
}

function documentIsInvalid(bytes: Uint8Array, offset: number): boolean {
  for (const [inner, nameOffset, nameLength, at, size] of BSON.onDemand.parseToElements(bytes, offset)) {
    if (!isUtf8(bytes.subarray(nameOffset, nameOffset + nameLength)) || isInvalid(bytes, inner, at, size)) return true;
  }
  return false;
}

/** A text behind its length, without the zero at its end. */
function textAt(bytes: Uint8Array, offset: number): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getInt32(offset, true);
  return bytes.subarray(offset + 4, offset + 4 + length - 1);
}
