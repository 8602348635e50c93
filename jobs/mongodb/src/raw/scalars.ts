import { type Buffer, isUtf8 } from 'node:buffer';
import { NO_UTF8 } from '@esclusa/kit';
import { BSON } from 'mongodb';

/** Takes note of why a value is not wholly in the file. */
export type Note = (why: string) => void;

// A loop over bytes beats a call into C++ for short texts.
const SHORT = 64;
const BYTES_SUBTYPE = 2;

/** Where a text lies whose length stands at an offset, without the zero at its end. */
export function textRange(bytes: Buffer, offset: number): { readonly start: number; readonly end: number } {
  const start = offset + 4;
  const end = start + bytes.readInt32LE(offset) - 1;
  if (end < start || bytes[end] !== 0) throw new BSON.BSONError('bad string length in bson');
  return { start, end };
}

/** Whether bytes are UTF-8. */
export function isText(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > SHORT) return isUtf8(bytes.subarray(start, end));
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 0x7f) return isUtf8(bytes.subarray(start, end));
  return true;
}

/** Bytes as text; those that are no UTF-8 become U+FFFD, which is noted. */
export function decode(bytes: Buffer, start: number, end: number, note: Note): string {
  if (!isText(bytes, start, end)) note(NO_UTF8);
  return bytes.toString('utf8', start, end);
}

export function boolAt(bytes: Buffer, offset: number): boolean {
  const byte = bytes[offset];
  if (byte !== 0 && byte !== 1) throw new BSON.BSONError('illegal boolean type value');
  return byte === 1;
}

/** All digits of a 64-bit integer. */
export function longText(bytes: Buffer, offset: number): string {
  const high = bytes.readInt32LE(offset + 4);
  // Far within the integers that a double holds.
  if (high > -0x10_0000 && high < 0x10_0000) return String(high * 0x1_0000_0000 + bytes.readUInt32LE(offset));
  return String(bytes.readBigInt64LE(offset));
}

/** The shortest text that reads back to the same double: `-0`, `NaN`, `Infinity` and `-Infinity` among them. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

export function decimalText(bytes: Buffer, offset: number): string {
  return new BSON.Decimal128(bytes.subarray(offset, offset + 16)).toString();
}

export function objectIdText(bytes: Buffer, offset: number): string {
  return bytes.toString('hex', offset, offset + 12);
}

/** Where the bytes of a binary lie, and of which subtype they are. */
export function binaryRange(bytes: Buffer, offset: number): { readonly start: number; readonly end: number; readonly subtype: number } {
  const length = bytes.readInt32LE(offset);
  const subtype = bytes[offset + 4] as number;
  const start = offset + 5;
  const end = start + length;
  if (subtype !== BYTES_SUBTYPE) return { start, end, subtype };
  // The old form has its length once more within.
  if (length < 4 || bytes.readInt32LE(start) !== length - 4) throw new BSON.BSONError('bad length of a binary of subtype 2 in bson');
  return { start: start + 4, end, subtype };
}
