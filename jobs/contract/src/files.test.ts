import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_FILES, fileKey, furtherFilesPrefix, isFileKey, listKey } from './files.ts';

describe('keys of a dataset of several files', () => {
  test.each([
    ['ventas/pedidos_20250102_153045.csv', 'ventas/pedidos_20250102_153045.part-0002.csv'],
    ['ventas/pedidos_20250102_153045.csv.gz', 'ventas/pedidos_20250102_153045.part-0002.csv.gz'],
    ['pedidos.csv.zst', 'pedidos.part-0002.csv.zst'],
    ['pedidos.gz', 'pedidos.part-0002.gz'],
    ['lago/v1.2/pedidos', 'lago/v1.2/pedidos.part-0002'],
    ['pedidos.2025_01', 'pedidos.2025_01.part-0002'],
    ['a.b.csv', 'a.b.part-0002.csv'],
  ])('the second of %s', (key, second) => {
    expect([fileKey(key, 1), fileKey(key, 2)]).toEqual([key, second]);
    expect(second.startsWith(furtherFilesPrefix(key))).toBe(true);
  });

  test('the list of them lies beside them, and is theirs', () => {
    const list = listKey('ventas/pedidos_20250102_153045.parquet');
    expect(list).toBe('ventas/pedidos_20250102_153045.part-list.json');
    expect(isFileKey('ventas/pedidos_20250102_153045.parquet', list)).toBe(true);
    expect(isFileKey('ventas/pedidos_20250102_153046.parquet', list)).toBe(false);
  });

  test('sort as they are numbered', () => {
    const keys = [1, 2, 10, 999, MAX_FILES].map((number) => fileKey('pedidos_20250102_153045.csv', number));
    expect(keys.toSorted()).toEqual(keys);
  });

  test.each([0, 1.5, MAX_FILES + 1, Number.NaN])('there is no file %d', (number) => {
    expect(() => fileKey('a.csv', number)).toThrow(RangeError);
  });

  test.each([
    'a_1.part-0002.csv.gz',
    'a_1.part-0001.csv',
    'a_1.part-0000.csv',
    'a_1.part-002.csv',
    'a_1.part-00002.csv',
    'a_1.part-0x10.csv',
    'a_1.part-1e03.csv',
    'a_1.part- 002.csv',
    'a_1.part-2.50.csv',
    'a_1.part-0002.csv/a',
    'x/a_1.part-0002.csv',
    'a_1.csv2',
    'a_11.csv',
    'a_1.part-',
    '',
  ])('%j is none of a_1.csv', (other) => {
    expect(isFileKey('a_1.csv', other)).toBe(false);
  });

  test('are told from those of every other dataset of the run', () => {
    const key = fc.tuple(fc.stringMatching(/^[a-z0-9_.-]{1,6}$/), fc.constantFrom('', '.csv', '.csv.gz', '.zst')).map(([name, ending]) => `p/${name}${ending}`);
    fc.assert(
      fc.property(key, key, fc.integer({ min: 1, max: MAX_FILES }), (mine, other, number) => {
        expect(isFileKey(mine, fileKey(mine, number))).toBe(true);
        if (mine !== other && !isFileKey(mine, other) && !isFileKey(other, mine)) expect(isFileKey(mine, fileKey(other, number))).toBe(false);
      }),
    );
  });
});
