import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { csvField, csvRecord } from './rules.ts';

/** Any text without lone surrogates, which UTF-8 can't hold; the characters that matter to CSV come often. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', ',', '\n', '\r', '\\', '.', ' ', "'", ';', '\t', '\u0000', '\ufeff', 'ñ', '💊', 'a'), { maxLength: 6 })
    .map((parts) => parts.join('')),
);
const record = fc.array(fc.option(text), { minLength: 1, maxLength: 8 });

/** A strict reader that nobody of us wrote; it can tell `""` from nothing. */
function read(csv: string): (string | null)[][] {
  return parse(csv, { record_delimiter: '\n', cast: (value, { quoting }) => (value === '' && !quoting ? null : value) });
}

describe('CSV', () => {
  test('read by a strict parser gives back the values, NULL and empty string apart', () => {
    fc.assert(fc.property(record, (values) => expect(read(csvRecord(values))).toEqual([values])));
  });

  test('of several records gives back the records', () => {
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((columns) => fc.array(fc.array(fc.option(text), { minLength: columns, maxLength: columns }), { maxLength: 5 }));
    fc.assert(fc.property(table, (records) => expect(read(records.map((values) => csvRecord(values)).join(''))).toEqual(records)));
  });

  test('is what csv-stringify writes, except that a carriage return and a lone "\\." are quoted too', () => {
    const agreed = record.filter((values) => values.every((value) => value !== '\\.' && !value?.includes('\r')));
    fc.assert(fc.property(agreed, (values) => expect(csvRecord(values)).toBe(stringify([values], { record_delimiter: '\n', quoted_match: /^$/ }))));
  });

  test.each<[string | null, string]>([
    [null, ''],
    ['', '""'],
    ['NULL', 'NULL'],
    ['\\N', '\\N'],
    [' ', ' '],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['"', '""""'],
    ['a\nb', '"a\nb"'],
    ['a\r\nb', '"a\r\nb"'],
    ['a\rb', '"a\rb"'],
    ['\\.', '"\\."'],
    ['\\.x', '\\.x'],
    ["l'été; 5 ± 1", "l'été; 5 ± 1"],
  ])('writes the field %j as %j', (value, field) => {
    expect(csvField(value)).toBe(field);
  });

  test('tells NULL and the empty string apart in bytes, also in a record of one column', () => {
    expect(Buffer.from(csvRecord([null, '']))).toEqual(Buffer.from([0x2c, 0x22, 0x22, 0x0a]));
    expect(csvRecord([null])).toBe('\n');
    expect(csvRecord([''])).toBe('""\n');
  });
});
