import type { ValueType } from '../columns/value-type.ts';

/** Whether the value that stands in these bytes is special. */
export type SpecialRule = (bytes: Uint8Array, start: number, end: number) => boolean;

/** As many bytes of a value tell. Longer numbers have no other beginning, and longer dates are special anyway. */
export const SPECIAL_BYTES = 64;

const MINUS = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const ZERO = 0x30;
const TWO = 0x32;
const FOUR = 0x34;
const NINE = 0x39;
const LETTER_C = 0x43;
const LETTER_N = 0x4e;

/**
 * Values that types of other systems have no room for, by kind; every rule on them stands in this file. `undefined` for a kind that
 * has none. Floats have room for infinity everywhere, and for NaN beside NULL everywhere but in pandas.
 */
export function specialRule({ kind }: ValueType): SpecialRule | undefined {
  return RULES[kind];
}

const RULES: Partial<Record<ValueType['kind'], SpecialRule>> = {
  // NaN, Infinity, -Infinity.
  decimal: (bytes, start) => {
    const first = bytes[start] as number;
    return (first === MINUS || first === PLUS ? (bytes[start + 1] as number) : first) > NINE;
  },
  // Only NaN begins so.
  float: (bytes, start) => bytes[start] === LETTER_N,
  date: isSpecialDate,
  datetime: isSpecialDate,
  time: (bytes, start) => {
    if (bytes[start + 2] !== COLON) return true;
    const tens = bytes[start] as number;
    return tens > TWO || (tens === TWO && (bytes[start + 1] as number) >= FOUR);
  },
};

/** Most days of each month; none of what is no month. */
const DAYS = Uint8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
const FEBRUARY = 2;
const LEAP_DAY = 29;

/**
 * Not `YYYY-MM-DD…` with a year from 1 to 9999 and a day that the calendar has: infinity, BC, later years, zero dates, the 31st of
 * February (MySQL lets it in under ALLOW_INVALID_DATES).
 */
function isSpecialDate(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS || bytes[start] === MINUS || bytes[end - 1] === LETTER_C) return true;
  const two = (at: number): number => (bytes[start + at] as number) * 10 + (bytes[start + at + 1] as number) - 11 * ZERO;
  const month = two(5);
  const day = two(8);
  if (day === 0 || day > (DAYS[month] ?? 0)) return true;
  const century = two(0);
  const year = two(2);
  if (year === 0 && century === 0) return true;
  return month === FEBRUARY && day === LEAP_DAY && (year === 0 ? century : year) % 4 !== 0;
}
