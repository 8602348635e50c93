import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateInto, timestampInto } from './instants.ts';

function within(text: string): [source: Buffer, start: number, end: number] {
  const source = Buffer.from(`12,${text},34`);
  return [source, 3, source.length - 3];
}

function days(text: string): number | undefined {
  const target = new Int32Array(1);
  return dateInto(target, 0, ...within(text)) ? target[0] : undefined;
}

function micros(text: string): bigint | undefined {
  const words = new Int32Array(4);
  return timestampInto(words, 1, ...within(text)) ? new BigInt64Array(words.buffer)[1] : undefined;
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

/** A year as PostgreSQL writes it, and how it ends. */
function bc(year: number): [string, string] {
  return year > 0 ? [pad(year, 4), ''] : [pad(1 - year, 4), ' BC'];
}

/** Every millisecond that a Date can be. */
const anyDate = fc.date({ noInvalidDate: true });

describe('dates', () => {
  test('are the days of the calendar, in either style of a year before the first', () => {
    fc.assert(
      fc.property(anyDate, (date) => {
        const [year, end] = bc(date.getUTCFullYear());
        const rest = `-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
        const day = Math.floor(date.getTime() / 86_400_000);
        expect(days(`${year}${rest}${end}`)).toBe(day);
        expect(days(date.toISOString().replace(/T.*/, ''))).toBe(day);
      }),
    );
    expect([days('1970-01-01'), days('0001-01-01'), days('5874897-12-31')]).toEqual([0, -719_162, 2_145_042_905]);
  });

  test.each([
    'infinity',
    '-infinity',
    '0000-00-00',
    '2025-00-10',
    '2025-13-01',
    '2025-02-29',
    '1900-02-29',
    '2025-04-31',
    '2025-1-1',
    '25-01-01',
    '',
    '2025-01-01x',
    '2025-01-01 00:00:00',
  ])('are none of %j', (text) => {
    expect(days(text)).toBeUndefined();
  });
});

describe('timestamps', () => {
  test('are microseconds, as PostgreSQL, MySQL and ISO 8601 write them', () => {
    fc.assert(
      fc.property(anyDate, fc.nat(999), (date, more) => {
        const value = BigInt(date.getTime()) * 1000n + BigInt(more);
        const [year, end] = bc(date.getUTCFullYear());
        const [, rest = '', clock = ''] = /(-\d\d-\d\d)T(.{12})Z$/.exec(date.toISOString()) ?? [];
        expect(micros(`${year}${rest} ${clock}${pad(more, 3)}+00${end}`)).toBe(value);
        expect(micros(`${year}${rest} ${clock}${pad(more, 3)}${end}`)).toBe(value);
        expect(micros(date.toISOString())).toBe(BigInt(date.getTime()) * 1000n);
      }),
    );
  });

  test('may leave zeros of their fraction out, or all of it', () => {
    expect([
      micros('2025-01-02 15:30:45'),
      micros('2025-01-02 15:30:45.5'),
      micros('1969-12-31 23:59:59.999999'),
      micros('2025-01-02T15:30:45.500000000Z'),
    ]).toEqual([1_735_831_845_000_000n, 1_735_831_845_500_000n, -1n, 1_735_831_845_500_000n]);
  });

  test('have the range of 64 bits', () => {
    expect(micros('294247-01-10 04:00:54.775807')).toBe(2n ** 63n - 1n);
    expect(micros('294247-01-10 04:00:54.775808')).toBeUndefined();
    expect(micros('-290308-12-21T19:59:05.224192Z')).toBe(-(2n ** 63n));
    expect(micros('-290308-12-21T19:59:05.224191Z')).toBeUndefined();
    expect(micros('+292278994-08-17T07:12:55.807Z')).toBeUndefined();
  });

  test.each([
    'infinity',
    '0000-00-00 00:00:00',
    '2025-02-30 00:00:00',
    '2025-01-02',
    '2025-01-02 24:00:00',
    '2025-01-02 10:60:00',
    '2025-01-02 10:00:60',
    '2025-01-02 10:00:00.',
    '2025-01-02 10:00:00.1234567',
    '2025-01-02 10:00:00+05',
    '2025-01-02 10:00:00-00',
    '2025-01-02 10:00:00 AD',
    '',
  ])('are none of %j', (text) => {
    expect(micros(text)).toBeUndefined();
  });
});
