import type { Buffer } from 'node:buffer';

// Beyond them a Date is invalid: some 270,000 years from 1970.
const LAST_OF_DATE = 8.64e15;
/** The calendar comes again after 400 years. */
const CYCLE_YEARS = 400;
const CYCLE_MS = BigInt(146_097 * 86_400_000);
// As ISO 8601 has years of more than four digits here.
const YEAR_DIGITS = 6;
// Extended JSON writes a date as text from 1970 to 9999, else as milliseconds.
const LAST_TEXT_DATE = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const FIRST_PLAIN_DATE = Date.parse('0001-01-01T00:00:00Z');

/** Milliseconds since 1970: exact as far as a Date goes, and near enough beyond to tell that it is beyond. */
function timeAt(bytes: Buffer, offset: number): number {
  return bytes.readInt32LE(offset + 4) * 0x1_0000_0000 + bytes.readUInt32LE(offset);
}

/** Whether types of other systems may have no room for it: before year 1 or after 9999. */
export function isSpecialDate(bytes: Buffer, offset: number): boolean {
  const time = timeAt(bytes, offset);
  return time < FIRST_PLAIN_DATE || time > LAST_TEXT_DATE;
}

/**
 * ISO 8601 in UTC with milliseconds; years before 0 and after 9999 have a sign and six digits or more, up to the ±292,278,994 of the
 * last 64-bit date.
 */
export function dateText(bytes: Buffer, offset: number): string {
  const time = timeAt(bytes, offset);
  if (Math.abs(time) <= LAST_OF_DATE) return new Date(time).toISOString();
  const exact = bytes.readBigInt64LE(offset);
  const within = ((exact % CYCLE_MS) + CYCLE_MS) % CYCLE_MS;
  const date = new Date(Number(within));
  const year = date.getUTCFullYear() + Number((exact - within) / CYCLE_MS) * CYCLE_YEARS;
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(YEAR_DIGITS, '0')}${date.toISOString().slice(4)}`;
}

export function dateJson(bytes: Buffer, offset: number): string {
  const time = timeAt(bytes, offset);
  if (time >= 0 && time <= LAST_TEXT_DATE) return `{"$date":"${new Date(time).toISOString()}"}`;
  return `{"$date":{"$numberLong":"${bytes.readBigInt64LE(offset)}"}}`;
}
