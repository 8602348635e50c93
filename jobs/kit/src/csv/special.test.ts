import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CsvCounter } from './counter.ts';

const counters = { date: new CsvCounter([{ kind: 'date' }]), datetime: new CsvCounter([{ kind: 'datetime', zone: false }]) };

function isSpecial(kind: 'date' | 'datetime', text: string): boolean {
  const counter = counters[kind];
  const before = counter.counts(0).special;
  counter.take(Buffer.from(`${text}\n`));
  return counter.counts(0).special > before;
}

/** Whether the calendar has this day: Date moves one that it has not to another. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && !text.startsWith('0000');
}

const digits = (length: number, max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(length, '0'));
const date = fc.tuple(digits(4, 9999), digits(2, 14), digits(2, 33)).map((parts) => parts.join('-'));

describe('a date is special', () => {
  test('exactly where the calendar of the years 1 to 9999 has no such day', () => {
    fc.assert(
      fc.property(date, (text) => {
        expect(isSpecial('date', text)).toBe(!isDay(text));
        expect(isSpecial('datetime', `${text} 10:00:00.5`)).toBe(!isDay(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test('of every 29th of February where the year is no leap year', () => {
    for (let year = 0; year <= 9999; year++) {
      const text = `${String(year).padStart(4, '0')}-02-29`;
      expect([text, isSpecial('date', text)]).toEqual([text, !isDay(text)]);
    }
  });
});
