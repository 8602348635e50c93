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
  const scan = new Scan(source, start, end);
  const date = dateOf(scan);
  if (date === undefined) return false;
  const isBc = scan.ends(' BC');
  if (!isBc && scan.at !== end) return false;
  const days = daysOf(date, isBc);
  if (Number.isNaN(days) || days !== (days | 0)) return false;
  target[at] = days;
  return true;
}

/** A timestamp's microseconds since 1970-01-01 into two words; false for what is none, or beyond 64 bits. One with an offset other than zero is none. */
export function timestampInto(words: Int32Array, at: number, source: Buffer, start: number, end: number): boolean {
  const scan = new Scan(source, start, end);
  const date = dateOf(scan);
  if (date === undefined || !(scan.is(SPACE) || scan.is(0x54))) return false;
  const hours = scan.digits(2, 2);
  if (hours < 0 || hours > 23 || !scan.is(COLON)) return false;
  const minutes = scan.digits(2, 2);
  if (minutes < 0 || minutes > 59 || !scan.is(COLON)) return false;
  const seconds = scan.digits(2, 2);
  if (seconds < 0 || seconds > 59) return false;
  const micros = scan.is(DOT) ? fractionOf(scan) : 0;
  if (micros < 0) return false;
  if (!scan.is(0x5a) && scan.next === PLUS) {
    scan.at++;
    if (scan.digits(2, 2) !== 0) return false;
  }
  const isBc = scan.ends(' BC');
  if (!isBc && scan.at !== end) return false;
  const days = daysOf(date, isBc);
  if (Number.isNaN(days)) return false;
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros;
  if (Math.abs(days) > SAFE_DAYS) return bigInt64Into(words, at, BigInt(days) * BigInt(DAY_MICROS) + BigInt(ofDay));
  safeInto(words, at * 2, days * DAY_MICROS + ofDay);
  return true;
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
function daysOf({ year: written, month, day }: CalendarDate, isBc: boolean): number {
  const year = isBc ? 1 - written : written;
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
