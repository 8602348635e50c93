import type { Buffer } from 'node:buffer';
import { bigInt64Into, safeInto } from './numbers.ts';

/*
 * Dates and timestamps from their text: PostgreSQL's ISO style (`0044-03-15 12:00:00+00 BC`), MySQL's, and ISO 8601 with a `T`, a `Z` and a signed year
 * (`-000043-03-15T12:00:00Z`). Days are of the proleptic Gregorian calendar, in which year 0 is 1 BC.
 */

const ZERO = 0x30;
const COLON = 0x3a;
const DASH = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const SPACE = 0x20;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const DATE_LENGTH = 10;
/** Up to its seconds. */
const TIMESTAMP_LENGTH = 19;
const DAY_MICROS = 86_400_000_000;
/** Days whose microseconds a double holds. */
const SAFE_DAYS = Math.floor(Number.MAX_SAFE_INTEGER / DAY_MICROS) - 1;
const MICROS_DIGITS = 6;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads a text from left to right; what it has come to so far is in it. */
class Scan {
  readonly source: Buffer;
  readonly end: number;
  at: number;

  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.at = start;
    this.end = end;
  }

  /** The byte that is next; 0 at the end. */
  get next(): number {
    return this.at < this.end ? (this.source[this.at] as number) : 0;
  }

  /** A number of at least so many digits and at most so many; -1 where there is none. */
  digits(least: number, most: number): number {
    let value = 0;
    let count = 0;
    for (; count < most && this.at < this.end; count++) {
      const digit = (this.source[this.at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.at++;
    }
    return count < least ? -1 : value;
  }

  /** Whether this byte is next, which is then passed. */
  is(byte: number): boolean {
    if (this.next !== byte) return false;
    this.at++;
    return true;
  }

  /** Whether this text is all that is left. */
  ends(text: string): boolean {
    return this.end - this.at === text.length && this.source.toString('latin1', this.at, this.end) === text;
  }
}

/** A date's days since 1970-01-01 into an element; false for what is no day of the calendar, like `infinity` or `0000-00-00`. */
export function dateInto(target: Int32Array, at: number, source: Buffer, start: number, end: number): boolean {
  const plain = end - start === DATE_LENGTH ? plainDays(source, start) : Number.NaN;
  if (!Number.isNaN(plain)) {
    target[at] = plain;
    return true;
  }
  const scan = new Scan(source, start, end);
  const date = dateOf(scan);
  if (date === undefined) return false;
  const isBc = scan.ends(' BC');
  if (!isBc && scan.at !== end) return false;
  const days = daysOf(isBc ? 1 - date.year : date.year, date.month, date.day);
  if (Number.isNaN(days) || days !== (days | 0)) return false;
  target[at] = days;
  return true;
}

/** A timestamp's microseconds since 1970-01-01 into two words; false for what is none, or beyond 64 bits. One with an offset other than zero is none. */
export function timestampInto(words: Int32Array, at: number, source: Buffer, start: number, end: number): boolean {
  const plain = plainMicros(source, start, end);
  if (!Number.isNaN(plain)) {
    safeInto(words, at * 2, plain);
    return true;
  }
  const scan = new Scan(source, start, end);
  const date = dateOf(scan);
  if (date === undefined || !(scan.is(SPACE) || scan.is(LETTER_T))) return false;
  const hours = scan.digits(2, 2);
  if (hours < 0 || hours > 23 || !scan.is(COLON)) return false;
  const minutes = scan.digits(2, 2);
  if (minutes < 0 || minutes > 59 || !scan.is(COLON)) return false;
  const seconds = scan.digits(2, 2);
  if (seconds < 0 || seconds > 59) return false;
  const micros = scan.is(DOT) ? fractionOf(scan) : 0;
  if (micros < 0) return false;
  if (!scan.is(LETTER_Z) && scan.next === PLUS) {
    scan.at++;
    if (scan.digits(2, 2) !== 0) return false;
  }
  const isBc = scan.ends(' BC');
  if (!isBc && scan.at !== end) return false;
  const days = daysOf(isBc ? 1 - date.year : date.year, date.month, date.day);
  if (Number.isNaN(days)) return false;
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros;
  if (Math.abs(days) > SAFE_DAYS) return bigInt64Into(words, at, BigInt(days) * BigInt(DAY_MICROS) + BigInt(ofDay));
  safeInto(words, at * 2, days * DAY_MICROS + ofDay);
  return true;
}

/*
 * Nearly all are written in one way, `2025-01-02` and `2025-01-02 15:30:45.123456+00`: these are read at their places, without an object for each. Of all others NaN is given.
 */

/** The days of a date that stands there, whatever follows. */
function plainDays(source: Buffer, start: number): number {
  if (source[start + 4] !== DASH || source[start + 7] !== DASH) return Number.NaN;
  const [hundreds, years, month, day] = [twoDigits(source, start), twoDigits(source, start + 2), twoDigits(source, start + 5), twoDigits(source, start + 8)];
  if (hundreds < 0 || years < 0 || month < 1 || month > 12 || day < 1) return Number.NaN;
  return daysOf(hundreds * 100 + years, month, day);
}

/** The microseconds of a timestamp, where a double holds them. */
function plainMicros(source: Buffer, start: number, end: number): number {
  let at = start + TIMESTAMP_LENGTH;
  if (at > end || source[start + 13] !== COLON || source[start + 16] !== COLON) return Number.NaN;
  if (source[start + DATE_LENGTH] !== SPACE && source[start + DATE_LENGTH] !== LETTER_T) return Number.NaN;
  const days = plainDays(source, start);
  const [hours, minutes, seconds] = [twoDigits(source, start + 11), twoDigits(source, start + 14), twoDigits(source, start + 17)];
  if (!(Math.abs(days) <= SAFE_DAYS) || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return Number.NaN;
  let micros = 0;
  if (at < end && source[at] === DOT) {
    const from = ++at;
    let unit = 1_000_000;
    for (; at < end && unit > 1; at++) {
      const digit = (source[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      unit /= 10;
      micros += digit * unit;
    }
    if (at === from) return Number.NaN;
  }
  if (at < end && source[at] === LETTER_Z) at++;
  else if (end - at === 3 && source[at] === PLUS && source[at + 1] === ZERO && source[at + 2] === ZERO) at = end;
  return at === end ? days * DAY_MICROS + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros : Number.NaN;
}

/** -1 where there are none. */
function twoDigits(source: Buffer, at: number): number {
  const tens = (source[at] as number) - ZERO;
  const ones = (source[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function dateOf(scan: Scan): CalendarDate | undefined {
  const negative = scan.is(DASH);
  if (!negative) scan.is(PLUS);
  const year = scan.digits(4, 9);
  if (year < 0 || !scan.is(DASH)) return undefined;
  const month = scan.digits(2, 2);
  if (month < 1 || month > 12 || !scan.is(DASH)) return undefined;
  const day = scan.digits(2, 2);
  return day < 1 ? undefined : { year: negative ? -year : year, month, day };
}

/** Microseconds of a fraction's digits, of which there are up to six; more must be zeros. */
function fractionOf(scan: Scan): number {
  const from = scan.at;
  const value = scan.digits(1, MICROS_DIGITS);
  if (value < 0) return -1;
  const written = scan.at - from;
  while (scan.next === ZERO) scan.at++;
  return value * 10 ** (MICROS_DIGITS - written);
}

/** NaN for a day that its month does not have. */
function daysOf(year: number, month: number, day: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (day > (MONTH_DAYS[month - 1] as number) + (month === 2 && isLeap ? 1 : 0)) return Number.NaN;
  // Years that begin with March have their leap day at the end (https://howardhinnant.github.io/date_algorithms.html, days_from_civil).
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
