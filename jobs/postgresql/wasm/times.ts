// AssemblyScript: dates and times as the server sends them in binary form, as its own output functions write them with DateStyle=ISO and TimeZone=UTC
// (EncodeDateOnly and EncodeDateTime in src/backend/utils/adt/datetime.c of PostgreSQL). They need no quotes.

/** How a value comes: as text, or in binary form: days, or microseconds, since 2000-01-01. */
export const TEXT: u8 = 0;
export const DATE: u8 = 1;
export const TIMESTAMP: u8 = 2;
export const TIMESTAMPTZ: u8 = 3;

const DAY_MICROSECONDS: i64 = 86_400_000_000;
/** Days from -4800-03-01 to 2000-01-01; no date of PostgreSQL is before it (it begins with -4713-11-24), so that no number is below zero. */
const DAYS_BEFORE: u32 = 2_483_589;
const YEARS_BEFORE: i32 = 4_800;
/** Days of 400 years. */
const ERA: u32 = 146_097;

/** Writes a value that is not text; returns where it ends, or 0 when it has not its type's length. */
export function time(kind: u8, at: usize, length: usize, to: usize): usize {
  if (kind === DATE) {
    if (length !== 4) return 0;
    const days = <i32>bswap(load<u32>(at));
    if (days === i32.MAX_VALUE) return infinity(to);
    if (days === i32.MIN_VALUE) return minusInfinity(to);
    const end = date(days, to);
    return isBC ? bc(end) : end;
  }
  if (length !== 8) return 0;
  const microseconds = <i64>bswap(load<u64>(at));
  if (microseconds === i64.MAX_VALUE) return infinity(to);
  if (microseconds === i64.MIN_VALUE) return minusInfinity(to);
  let days = microseconds / DAY_MICROSECONDS;
  let rest = microseconds - days * DAY_MICROSECONDS;
  if (rest < 0) {
    rest += DAY_MICROSECONDS;
    days--;
  }
  let end = clock(<u64>rest, date(<i32>days, to));
  if (kind === TIMESTAMPTZ) {
    // +00
    store<u8>(end, 0x2b);
    store<u16>(end + 1, 0x3030);
    end += 3;
  }
  return isBC ? bc(end) : end;
}

/** Of the date that was written last. */
let isBC: bool = false;

/** Writes `2025-01-02` of days since 2000-01-01; by the days of years that begin in March, whose last day is the leap day. */
// @ts-ignore: decorator
@inline
function date(days: i32, to: usize): usize {
  const since = <u32>days + DAYS_BEFORE;
  const era = since / ERA;
  const ofEra = since - era * ERA;
  const yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365;
  const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch = (5 * ofYear + 2) / 153;
  const day = ofYear - (153 * monthFromMarch + 2) / 5 + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = <i32>(yearOfEra + era * 400) - YEARS_BEFORE + <i32>(month <= 2);
  isBC = year <= 0;
  const behind = digits(isBC ? 1 - year : year, to);
  store<u8>(behind, 0x2d);
  two(month, behind + 1);
  store<u8>(behind + 3, 0x2d);
  two(day, behind + 4);
  return behind + 6;
}

/** Writes ` 15:30:45.123456`, of the fraction what is not zeros at its end. */
// @ts-ignore: decorator
@inline
function clock(microseconds: u64, to: usize): usize {
  const seconds = <u32>(microseconds / 1_000_000);
  let fraction = <u32>(microseconds - <u64>seconds * 1_000_000);
  const minutes = seconds / 60;
  const hours = minutes / 60;
  store<u8>(to, 0x20);
  two(hours, to + 1);
  store<u8>(to + 3, 0x3a);
  two(minutes - hours * 60, to + 4);
  store<u8>(to + 6, 0x3a);
  two(seconds - minutes * 60, to + 7);
  if (fraction === 0) return to + 9;
  store<u8>(to + 9, 0x2e);
  let count: usize = 6;
  for (; fraction % 10 === 0; count--) fraction /= 10;
  for (let place = to + 9 + count; place > to + 9; place--) {
    store<u8>(place, 0x30 + (fraction % 10));
    fraction /= 10;
  }
  return to + 10 + count;
}

/** A year, with four digits at least. */
// @ts-ignore: decorator
@inline
function digits(year: i32, to: usize): usize {
  let rest = <u32>year;
  let end = to + 4;
  for (let bound: u32 = 10_000; rest >= bound && end < to + 7; bound *= 10) end++;
  for (let place = end - 1; place >= to; place--) {
    store<u8>(place, 0x30 + (rest % 10));
    rest /= 10;
  }
  return end;
}

// @ts-ignore: decorator
@inline
function two(number: u32, to: usize): void {
  const tens = number / 10;
  store<u16>(to, 0x3030 | tens | ((number - tens * 10) << 8));
}

/** ` BC` */
function bc(to: usize): usize {
  store<u8>(to, 0x20);
  store<u16>(to + 1, 0x4342);
  return to + 3;
}

/** `infinity` */
function infinity(to: usize): usize {
  store<u64>(to, 0x7974696e69666e69);
  return to + 8;
}

function minusInfinity(to: usize): usize {
  store<u8>(to, 0x2d);
  return infinity(to + 1);
}
