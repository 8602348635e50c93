import { int32, uint32 } from './elements.ts';
import { digitsOf, writeAscii, writeInteger, writePadded, writeScaled } from './digits.ts';

const MINUS = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const TWO_TO_32 = 0x1_0000_0000;
// Of a whole number that a double holds.
const HIGH_BITS = 0x20_0000;
const DAY = 86_400_000;
/** Bytes of the longest text that anything here writes, and a double: its sign, 17 digits, dot and exponent, or its leading zeros. */
export const SCALAR_BYTES = 32;
/** Where a value ends that is not written, since it is left to ../raw. */
export const NONE = -1;
const EXPONENT_BIAS = 6176;
const LEAST_EXPONENT = -6;

/** Dates from 1970 to here are texts in Extended JSON. */
export const LAST_TEXT_DATE = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const FIRST_PLAIN_DATE = Date.parse('0001-01-01T00:00:00Z');

const HEX = Uint8Array.from('0123456789abcdef', (letter) => letter.charCodeAt(0));

/** Writes the 24 digits of an ObjectId. */
export function writeObjectId(out: Uint8Array, at: number, bytes: Uint8Array, offset: number): number {
  for (let index = 0; index < 12; index++) {
    const byte = bytes[offset + index] as number;
    out[at + 2 * index] = HEX[byte >> 4] as number;
    out[at + 2 * index + 1] = HEX[byte & 15] as number;
  }
  return at + 24;
}

/** Writes a 64-bit integer; {@link NONE} where it has more bits than a double. */
export function writeLong(out: Uint8Array, at: number, bytes: Uint8Array, offset: number): number {
  const high = int32(bytes, offset + 4);
  if (high <= -HIGH_BITS || high >= HIGH_BITS) return NONE;
  return writeInteger(out, at, high * TWO_TO_32 + uint32(bytes, offset));
}

/** Writes a boolean; {@link NONE} where its byte is none. */
export function writeBool(out: Uint8Array, at: number, byte: number): number {
  return byte > 1 ? NONE : writeAscii(out, at, byte === 1 ? 'true' : 'false');
}

/** Milliseconds since 1970 of a date at an offset, as near as a double is. */
export function timeAt(bytes: Uint8Array, offset: number): number {
  return int32(bytes, offset + 4) * TWO_TO_32 + uint32(bytes, offset);
}

/** Whether a date is of the years 1 to 9999. */
export function isPlainDate(time: number): boolean {
  return time >= FIRST_PLAIN_DATE && time <= LAST_TEXT_DATE;
}

/** Writes a date of the years 1 to 9999 as ISO 8601 in UTC with milliseconds. */
export function writeDate(out: Uint8Array, from: number, time: number): number {
  const days = Math.floor(time / DAY);
  let at = writeDay(out, from, days);
  let rest = time - days * DAY;
  const hours = (rest / 3_600_000) | 0;
  rest -= hours * 3_600_000;
  const minutes = (rest / 60_000) | 0;
  rest -= minutes * 60_000;
  const seconds = (rest / 1_000) | 0;
  out[at] = LETTER_T;
  at = writePadded(out, at + 1, hours, 2);
  out[at] = COLON;
  at = writePadded(out, at + 1, minutes, 2);
  out[at] = COLON;
  at = writePadded(out, at + 1, seconds, 2);
  out[at] = DOT;
  at = writePadded(out, at + 1, rest - seconds * 1_000, 3);
  out[at] = LETTER_Z;
  return at + 1;
}

/** Writes a day of the Gregorian calendar by its number from 1970 on: its years are counted from March, so that a leap day is the last of one. */
function writeDay(out: Uint8Array, from: number, days: number): number {
  // From the 1st of March of the year 0 on, in cycles of 400 years.
  const shifted = days + 719_468;
  const cycle = Math.floor(shifted / 146_097);
  const day = shifted - cycle * 146_097;
  const year = ((day - ((day / 1_460) | 0) + ((day / 36_524) | 0) - ((day / 146_096) | 0)) / 365) | 0;
  const dayOfYear = day - (365 * year + (year >> 2) - ((year / 100) | 0));
  const month = ((5 * dayOfYear + 2) / 153) | 0;
  const dayOfMonth = dayOfYear - (((153 * month + 2) / 5) | 0) + 1;
  const inNextYear = month >= 10;
  let at = writePadded(out, from, year + cycle * 400 + (inNextYear ? 1 : 0), 4);
  out[at] = MINUS;
  at = writePadded(out, at + 1, inNextYear ? month - 9 : month + 3, 2);
  out[at] = MINUS;
  return writePadded(out, at + 1, dayOfMonth, 2);
}

/**
 * Writes a Decimal128 (https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md); {@link NONE} where it is not a
 * plain number of up to 53 bits and 15 decimals.
 */
export function writeDecimal(out: Uint8Array, from: number, bytes: Uint8Array, offset: number): number {
  const top = int32(bytes, offset + 12);
  const middle = uint32(bytes, offset + 4);
  // Two bits that are set tell of another form, and of NaN and infinity; the bits of the coefficient that are set here are those above 64.
  if ((top & 0x6000_0000) === 0x6000_0000 || (top & 0x1_ffff) !== 0 || int32(bytes, offset + 8) !== 0 || middle >= HIGH_BITS) return NONE;
  const exponent = ((top >> 17) & 0x3fff) - EXPONENT_BIAS;
  const digits = middle * TWO_TO_32 + uint32(bytes, offset);
  if (exponent > 0 || exponent < -15 || digitsOf(digits) - 1 + exponent < LEAST_EXPONENT) return NONE;
  let at = from;
  if (top < 0) out[at++] = MINUS;
  return exponent === 0 ? writeInteger(out, at, digits) : writeScaled(out, at, digits, -exponent);
}
