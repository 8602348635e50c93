import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RowEncoder } from './row-encoder.ts';
import { encoded } from './testing/encoded.ts';
import { DAY, dayOf, instantTexts, int32, int64 } from './testing/instants.ts';
import { dataRow } from './testing/messages.ts';
import type { ValueFormat } from './kinds.ts';

const MOST = 2n ** 63n - 1n;

const encoder = new RowEncoder();

/** What is written of values in one format. */
function written(format: ValueFormat, values: readonly Buffer[]): string[] {
  const { csv, why } = encoded(
    encoder,
    [format, 'text'],
    [Buffer.concat([...values.map((value) => dataRow([value, '.'])), Buffer.from('Z\0\0\0\u0005I', 'latin1')])],
  );
  expect(why).toBe('other');
  return csv.toString().split(',.\n').slice(0, -1);
}

// -4713-01-01, the first year of PostgreSQL, to 275760.
const instant = fc.oneof(
  fc.bigInt({ min: -2_451_000n * DAY, max: 99_900_000n * DAY }),
  fc.bigInt({ min: -400_000n, max: 400_000n }).map((days) => days * DAY),
  fc.bigInt({ min: -3n * DAY, max: 3n * DAY }),
  fc.bigInt({ min: -100_000_000_000n, max: 100_000_000_000n }).map((tenths) => tenths * 100_000n),
);

describe('dates and times in binary form', () => {
  test('are written as the calendar has them', () => {
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 50 }), (instants) => {
        const texts = instants.map(instantTexts);
        expect(written('timestamp', instants.map(int64))).toEqual(texts.map(({ timestamp }) => timestamp));
        expect(written('timestamptz', instants.map(int64))).toEqual(texts.map(({ timestamptz }) => timestamptz));
        expect(written('date', instants.map(dayOf).map(int32))).toEqual(texts.map(({ date }) => date));
      }),
      { numRuns: 500 },
    );
  });

  test('every day of 1,200 years around the year 1 and of 800 around 2000', () => {
    for (const from of [-730_000, -146_000]) {
      const days = Array.from({ length: 292_000 + (from === -730_000 ? 146_000 : 0) }, (_, n) => from + n);
      const texts = days.map((day) => instantTexts(BigInt(day) * DAY).date);
      expect(written('date', days.map(int32)).join()).toBe(texts.join());
    }
  });

  // As PostgreSQL 15 writes them; test/sources/postgresql.e2e.test.ts asks the server itself.
  test.each<[ValueFormat, string, Buffer]>([
    ['timestamp', 'infinity', int64(MOST)],
    ['timestamp', '-infinity', int64(-MOST - 1n)],
    ['timestamptz', 'infinity', int64(MOST)],
    ['date', 'infinity', int32(2 ** 31 - 1)],
    ['date', '-infinity', int32(-(2 ** 31))],
    ['date', '4714-11-24 BC', int32(-2_451_545)],
    ['date', '5874897-12-31', int32(2_145_031_948)],
    ['timestamp', '4714-11-24 00:00:00 BC', int64(-211_813_488_000_000_000n)],
    ['timestamptz', '294276-12-31 23:59:59.999999+00', int64(9_223_371_331_199_999_999n)],
    ['timestamptz', '1999-12-31 23:59:59.999999+00', int64(-1n)],
    ['timestamp', '2000-01-01 00:00:00', int64(0n)],
  ])('%s %s', (format, text, value) => {
    expect(written(format, [value])).toEqual([text]);
  });

  test.each<[ValueFormat, number]>([
    ['timestamp', 4],
    ['timestamptz', 0],
    ['date', 8],
  ])('%s of %d bytes is not as the protocol says, in short rows and in long ones', (format, length) => {
    for (const text of ['', 'x'.repeat(20_000)]) {
      expect(encoded(new RowEncoder(), ['text', format], [dataRow([text, Buffer.alloc(length)])]).why).toBe('broken');
    }
  });

  test('go with NULLs and long texts in one row, wherever it is cut', () => {
    const long = 'x,"'.repeat(9_000);
    const value = int64(-1n);
    const rows = [
      [value, 'a', value, null],
      [null, long, value, int32(0)],
      [value, long, null, int32(-1)],
    ] as const;
    const bytes = Buffer.concat(rows.map((row) => dataRow(row)));
    const one = encoded(encoder, ['timestamp', 'text', 'timestamptz', 'date'], [bytes]).csv.toString();
    const quoted = `"${long.replaceAll('"', '""')}"`;
    expect(one).toBe(
      `1999-12-31 23:59:59.999999,a,1999-12-31 23:59:59.999999+00,\n,${quoted},1999-12-31 23:59:59.999999+00,2000-01-01\n1999-12-31 23:59:59.999999,${quoted},,1999-12-31\n`,
    );
    for (const length of [1, 3, 13, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, n) => bytes.subarray(n * length, (n + 1) * length));
      expect(encoded(encoder, ['timestamp', 'text', 'timestamptz', 'date'], pieces).csv.toString()).toBe(one);
    }
  });
});
