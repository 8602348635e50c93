import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ValueType } from '../columns/value-type.ts';
import { CsvCounter, checkUtf8 } from './counter.ts';
import { csvRecord } from './rules.ts';

const TEXT: ValueType = { kind: 'text' };
const cell = fc.oneof(
  fc.constantFrom<(string | null)[]>(null, '', '"', '""', '\n', '\r', ',', '\u0000', 'a"', 'a,b', 'ñ😀', '\\.', '","', 'x\u0000\n'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }));

/** The bytes cut into chunks of these lengths, again and again. */
function chunks(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const length = lengths[n % lengths.length] ?? 1;
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}

function count(bytes: Buffer, types: readonly ValueType[], lengths: readonly number[]): CsvCounter {
  const counter = new CsvCounter(types);
  for (const chunk of chunks(bytes, lengths)) counter.take(chunk);
  return counter;
}

const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 });

describe('CsvCounter', () => {
  test('counts what the values are, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(table, lengths, (rows, cuts) => {
        const types = (rows[0] ?? []).map(() => TEXT);
        const records = rows.map((row) => csvRecord(row));
        const counter = count(Buffer.from(records.join('')), types, cuts);
        expect(counter.records).toBe(rows.length);
        expect(counter.longestRecord).toBe(Math.max(...records.map((record) => Buffer.byteLength(record))));
        types.forEach((_, column) => {
          const values = rows.map((row) => row[column] ?? null);
          const which = (test: (value: string) => boolean): number => values.filter((value) => value !== null && test(value)).length;
          expect(counter.counts(column)).toEqual({
            nulls: values.filter((value) => value === null).length,
            emptyStrings: which((value) => value === ''),
            lineBreaks: which((value) => /[\r\n]/.test(value)),
            nulBytes: which((value) => value.includes('\u0000')),
            special: 0,
          });
        });
      }),
    );
  });

  test('its stretches are the fields of the next chunk, wherever it begins', () => {
    fc.assert(
      fc.property(table, lengths, (rows, cuts) => {
        const bytes = Buffer.from(rows.map((row) => csvRecord(row)).join(''));
        const counter = new CsvCounter((rows[0] ?? []).map(() => TEXT));
        const fields = new Map<string, Buffer[]>();
        for (const chunk of chunks(bytes, cuts)) {
          for (const { column, record, start, end } of counter.stretches(chunk)) {
            const name = `${record}.${column}`;
            fields.set(name, [...(fields.get(name) ?? []), chunk.subarray(start, end)]);
          }
          counter.take(chunk);
        }
        const found = rows.map((row, record) => row.map((_, column) => Buffer.concat(fields.get(`${record}.${column}`) ?? []).toString()).join(','));
        expect(found.map((line) => `${line}\n`)).toEqual(rows.map((row) => csvRecord(row)));
      }),
    );
  });

  test.each<[ValueType, string[], string[]]>([
    [
      { kind: 'decimal' },
      ['NaN', 'Infinity', '-Infinity', '+Infinity'],
      ['0', '-1.5', '1e+300', '.5', '-.5', '00012', '12345678901234567890123456789012345678901234567890123456789012345678901234567890.5'],
    ],
    [
      { kind: 'date' },
      [
        'infinity',
        '-infinity',
        '0044-03-15 BC',
        '10000-01-01',
        '0000-00-00',
        '2025-00-10',
        '2025-10-00',
        '0000-01-01',
        '2025-02-31',
        '2025-04-31',
        '1900-02-29',
      ],
      ['2025-01-02', '0001-01-01', '9999-12-31', '1000-10-10', '2024-02-29', '2000-02-29', '2025-12-31'],
    ],
    [
      { kind: 'datetime', zone: true },
      [
        'infinity',
        '4714-11-24 00:00:00+00 BC',
        '294276-12-31 23:59:59.999999+00',
        '+010000-01-01T00:00:00.000Z',
        '-000001-12-31T00:00:00.000Z',
        '0000-01-01T00:00:00.000Z',
        '2025-02-29 10:00:00',
        '2025-04-31 10:00:00.500000',
        '2025-00-10 10:00:00',
        '0000-00-00 10:00:00',
      ],
      ['2024-02-29 10:00:00', '2025-01-02 15:30:45+00', '9999-12-31T23:59:59.999Z', '0001-01-01 00:00:00'],
    ],
    [{ kind: 'time' }, ['24:00:00', '24:00:00.000000', '-01:00:00', '-00:00:00.500000', '838:59:59', '100:00:00'], ['00:00:00', '23:59:59.999999', '09:05:00']],
    [{ kind: 'float', bits: 64 }, ['NaN'], ['Infinity', '-Infinity', '-0', '1e300']],
    [{ kind: 'text' }, [], ['infinity', 'NaN']],
  ])('of %j counts as special %j and not %j', (type, special, plain) => {
    fc.assert(
      fc.property(lengths, (cuts) => {
        const csv = [...special, ...plain].map((value) => csvRecord(['x', value, null])).join('');
        expect(count(Buffer.from(csv), [TEXT, type, TEXT], cuts).counts(1)).toMatchObject({ special: special.length, nulls: 0 });
      }),
    );
  });
});

describe('checkUtf8', () => {
  test('takes text that is cut anywhere, and says how much of a letter stands at the end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const end = at % (bytes.length + 1);
        const { valid, cut } = checkUtf8(bytes.subarray(0, end));
        expect(valid).toBe(true);
        expect(bytes.subarray(0, end - cut).toString()).not.toContain('\u{fffd}');
      }),
    );
  });

  test.each([['\xff'], ['a\xc3('], ['\x80'], ['\xed\xa0\x80'], ['\xc0\xaf'], ['\xf8\x88\x80\x80\x80']])('refuses %j', (bytes) => {
    expect(checkUtf8(Buffer.from(`x${bytes}x`, 'latin1')).valid).toBe(false);
  });
});
