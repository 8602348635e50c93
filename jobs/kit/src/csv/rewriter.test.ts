import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import type { ValueType } from '../columns/value-type.ts';
import { CsvRewriter } from './rewriter.ts';
import { type Dialect, PLAIN, csvRecord, isFormula } from './rules.ts';
import { dialects } from './testing/dialects.ts';

const cell = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc
      .array(fc.constantFrom('"', ',', '\n', '\r', '=', '-', '1', ';', '\t', '|', 'ñ', '💊', 'a', '\\N', 'NULL'), { maxLength: 4 })
      .map((parts) => parts.join('')),
  ),
);
const table = fc.integer({ min: 1, max: 4 }).chain((columns) => fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 6 }));

const TEXTS: readonly ValueType[] = Array.from({ length: 4 }, () => ({ kind: 'text' }));

/** The records written over, fed in pieces of that length. */
function rewrite(records: readonly (string | null)[][], dialect: Dialect, length = 1_000, types = TEXTS) {
  const guarded: [number, number][] = [];
  const rewriter = new CsvRewriter(types, dialect, (...place) => guarded.push(place));
  const bytes = Buffer.from(records.map((record) => csvRecord(record)).join(''), 'utf8');
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) out.push(Buffer.from(rewriter.take(bytes.subarray(at, at + length))));
  return { csv: Buffer.concat(out).toString('utf8'), rewriter, guarded };
}

describe('CsvRewriter', () => {
  test('writes what the rules write in that dialect, whatever pieces the plain CSV comes in', () => {
    fc.assert(
      fc.property(table, dialects, fc.integer({ min: 1, max: 30 }), (records, given, length) => {
        const dialect = { ...given, guardFormulas: false };
        expect(rewrite(records, dialect, length).csv).toBe(records.map((record) => csvRecord(record, dialect)).join(''));
      }),
      { numRuns: 1_000 },
    );
  });

  test('writes what csv-stringify writes with the same options', () => {
    fc.assert(
      fc.property(table, dialects, (records, dialect) => {
        const { delimiter, quoteAll, nullToken } = dialect;
        // Which has no word for a NULL token and no rule for these two.
        fc.pre(nullToken === '' && records.flat().every((value) => value !== '\\.' && !value?.includes('\r')));
        const theirs = stringify(records, { delimiter, quoted: quoteAll, quoted_empty: false, quoted_match: /^$/, record_delimiter: '\n' });
        expect(rewrite(records, { ...dialect, guardFormulas: false }).csv).toBe(theirs);
      }),
      { numRuns: 1_000 },
    );
  });

  test('read by a strict parser gives back the values, NULL told from text by its quotes alone', () => {
    fc.assert(
      fc.property(table, dialects, (records, dialect) => {
        const { delimiter, nullToken, guardFormulas } = dialect;
        const csv = rewrite(records, dialect).csv;
        const cast = (value: string, { quoting }: { quoting: boolean }): string | null => (value === nullToken && !quoting ? null : value);
        const expected = records.map((record) => record.map((value) => (guardFormulas && value !== null && isFormula(value) ? `'${value}` : value)));
        expect(parse(csv, { delimiter, record_delimiter: '\n', cast })).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('tells the longest record of what it wrote', () => {
    fc.assert(
      fc.property(table, dialects, fc.integer({ min: 1, max: 30 }), (records, given, length) => {
        const dialect = { ...given, guardFormulas: false };
        const lengths = records.map((record) => Buffer.byteLength(csvRecord(record, dialect)));
        expect(rewrite(records, dialect, length).rewriter.longestRecord).toBe(Math.max(0, ...lengths));
      }),
    );
  });

  test('counts texts that read like the NULL token', () => {
    const { csv, rewriter } = rewrite([['NULL', null, 'x']], { ...PLAIN, nullToken: 'NULL' });
    expect(csv).toBe('"NULL",NULL,x\n');
    expect([0, 1, 2].map((column) => rewriter.tokens(column))).toEqual([1, 0, 0]);
    expect(rewrite([['NULL']], PLAIN).rewriter.tokens(0)).toBeUndefined();
  });

  test('puts an apostrophe before what a spreadsheet would compute, and tells of each', () => {
    const values = ['=1+1', '+34 600', '-5', '-5.5e3', '-Infinity', '-x', '@SUM(A1)', '\tx', '\rx', '＝1', 'a=1', "'=1", '', null, `-${'1'.repeat(3_000)}`];
    const { csv, guarded } = rewrite(
      values.map((value) => ['k', value]),
      { ...PLAIN, guardFormulas: true },
    );
    const written = (parse(csv, { cast: (value, { quoting }) => (value === '' && !quoting ? null : value) }) as unknown as (string | null)[][]).map(
      ([, value]) => value,
    );
    expect(written).toEqual([
      "'=1+1",
      "'+34 600",
      '-5',
      '-5.5e3',
      '-Infinity',
      "'-x",
      "'@SUM(A1)",
      "'\tx",
      "'\rx",
      "'＝1",
      'a=1',
      "'=1",
      '',
      null,
      `'-${'1'.repeat(3_000)}`,
    ]);
    expect(guarded).toEqual([0, 1, 5, 6, 7, 8, 9, 14].map((record) => [1, record]));
  });

  test('leaves values that say what they are alone', () => {
    const types: ValueType[] = [{ kind: 'duration' }, { kind: 'date' }, { kind: 'text' }];
    const { csv } = rewrite([['-P1D', '-0044-03-15', '-P1D']], { ...PLAIN, guardFormulas: true }, 1_000, types);
    expect(csv).toBe("-P1D,-0044-03-15,'-P1D\n");
  });
});
