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

/**
 * Values that types of other systems have no room for, by kind; every rule on them stands in this file. `undefined` for a kind that
 * has none. Floats have room for NaN and infinity everywhere.
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
  date: isSpecialDate,
  datetime: isSpecialDate,
  time: (bytes, start) => {
    if (bytes[start + 2] !== COLON) return true;
    const tens = bytes[start] as number;
    return tens > TWO || (tens === TWO && (bytes[start + 1] as number) >= FOUR);
  },
};

/** Not `YYYY-MM-DD…` with a year from 1 to 9999, a month and a day: infinity, BC, later years, zero dates. */
function isSpecialDate(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return true;
  const zeros = (from: number, to: number): boolean => {
    for (let at = from; at < to; at++) if (bytes[start + at] !== ZERO) return false;
    return true;
  };
  return bytes[start] === MINUS || zeros(0, 4) || zeros(5, 7) || zeros(8, 10) || bytes[end - 1] === LETTER_C;
}
