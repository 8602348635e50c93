import { describe, expect, test } from '@jest/globals';
import { PLAIN } from '../../csv/rules.ts';
import type { WrittenColumn } from '../field.ts';
import { pandasLoad } from './pandas.ts';

const NONE = { nulls: 0, emptyStrings: 0, lineBreaks: 0, nulBytes: 0, special: 0, lossy: 0 };
const DATASET = { dataset: 'd', urls: ['s3://lago/d.csv'], longestRecord: 10, headerBytes: 2, dialect: PLAIN };
const load = (...names: string[]): string =>
  pandasLoad({
    ...DATASET,
    columns: names.map((name): WrittenColumn => ({ name, sourceType: 'int', values: { kind: 'integer', bits: 32 }, counts: NONE })),
  });

describe('the line of pandas', () => {
  // Run by hand on pandas 3.1 (test/support/pandas.ts): its Float64 refuses "NaN".
  test.each([
    ['nothing special', { nulls: 5 }, '"Float64"', "''"],
    ['NaN', { special: 1 }, '"float64"', '"NaN"'],
    ['NaN and NULL', { special: 1, nulls: 1 }, '"string"', "''"],
  ])('a float column with %s', (_, counts, type, nulls) => {
    const column: WrittenColumn = { name: 'x', sourceType: 'double', values: { kind: 'float', bits: 64 }, counts: { ...NONE, ...counts } };
    expect(pandasLoad({ ...DATASET, columns: [column] })).toContain(`dtype={"x": ${type}}, keep_default_na=False, na_values={"x": [${nulls}]}`);
  });

  test('takes the names from the header where pandas finds them there', () => {
    expect(load('a', 'A', 'x\ufeff')).toContain('("s3://lago/d.csv", dtype={"a": "Int32", "A": "Int32", "x\ufeff": "Int32"}, ');
  });

  // Run by hand on pandas 3.1: without `names` the types of such columns are passed over, and their digits read as pandas likes.
  test.each([
    [['a', '', 'column_2'], 'names=["a", "column_2_2", "column_2"], header=0, dtype={"a": "Int32", "column_2_2": "Int32", "column_2": "Int32"}'],
    [['\ufeffa', 'b'], 'names=["\ufeffa", "b"], header=0, dtype={"\ufeffa": "Int32", "b": "Int32"}'],
  ])('names the columns %j itself', (names, expected) => {
    expect(load(...names)).toContain(`("s3://lago/d.csv", ${expected}, `);
  });
});
