// AssemblyScript (docs/decisions.md, "WebAssembly"): compiled by `npm run wasm`.

/**
 * Values that types of other systems have no room for, by kind; every rule on them stands in this file, and which type has which in
 * ../src/csv/special.ts. Floats have room for infinity everywhere, and for NaN beside NULL everywhere but in pandas.
 */
export const NONE: u32 = 0;
export const DECIMAL: u32 = 1;
export const FLOAT: u32 = 2;
export const DATE: u32 = 3;
export const TIME: u32 = 4;

/** As many bytes of a value tell. Longer numbers have no other beginning, and longer dates are special anyway. */
export const SPECIAL_BYTES: usize = 64;

const MINUS: u32 = 0x2d;
const PLUS: u32 = 0x2b;
const COLON: u32 = 0x3a;
const ZERO: u32 = 0x30;
const TWO: u32 = 0x32;
const FOUR: u32 = 0x34;
const NINE: u32 = 0x39;
const LETTER_C: u32 = 0x43;
const LETTER_N: u32 = 0x4e;
const FEBRUARY: u32 = 2;
const LEAP_DAY: u32 = 29;
/** A bit for each month that has 30 days, and for each that has 31. */
const THIRTY: u32 = (1 << 4) | (1 << 6) | (1 << 9) | (1 << 11);
const THIRTY_ONE: u32 = (1 << 1) | (1 << 3) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 10) | (1 << 12);

// @ts-ignore: decorator
@inline
function byteAt(at: usize): u32 {
  return load<u8>(at);
}

/** Whether the value that stands in these bytes is special; it has one byte at least. */
export function isSpecial(rule: u32, start: usize, end: usize): bool {
  if (rule === DATE) return isSpecialDate(start, end);
  if (rule === DECIMAL) {
    // NaN, Infinity, -Infinity.
    const first = byteAt(start);
    return (first === MINUS || first === PLUS ? byteAt(start + 1) : first) > NINE;
  }
  // Only NaN begins so.
  if (rule === FLOAT) return byteAt(start) === LETTER_N;
  if (rule === TIME) {
    if (byteAt(start + 2) !== COLON) return true;
    const tens = byteAt(start);
    return tens > TWO || (tens === TWO && byteAt(start + 1) >= FOUR);
  }
  return false;
}

// @ts-ignore: decorator
@inline
function twoDigits(at: usize): u32 {
  return byteAt(at) * 10 + byteAt(at + 1) - 11 * ZERO;
}

/**
 * Not `YYYY-MM-DD…` with a year from 1 to 9999 and a day that the calendar has: infinity, BC, later years, zero dates, the 31st of
 * February (MySQL lets it in under ALLOW_INVALID_DATES).
 */
function isSpecialDate(start: usize, end: usize): bool {
  if (end - start < 10 || byteAt(start + 4) !== MINUS || byteAt(start + 7) !== MINUS || byteAt(start) === MINUS || byteAt(end - 1) === LETTER_C) return true;
  const month = twoDigits(start + 5);
  const day = twoDigits(start + 8);
  if (day === 0 || day > daysOf(month)) return true;
  const century = twoDigits(start);
  const year = twoDigits(start + 2);
  if (year === 0 && century === 0) return true;
  return month === FEBRUARY && day === LEAP_DAY && (year === 0 ? century : year) % 4 !== 0;
}

/** Most days of a month; none of what is no month. */
function daysOf(month: u32): u32 {
  if (month > 12) return 0;
  const bit: u32 = 1 << month;
  if ((THIRTY_ONE & bit) !== 0) return 31;
  if ((THIRTY & bit) !== 0) return 30;
  return month === FEBRUARY ? LEAP_DAY : 0;
}
