import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type NameRules, underLoadNames } from './file.ts';

const named = (names: readonly string[], rules: NameRules): string[] =>
  underLoadNames(
    names.map((name) => ({ name })),
    rules,
  ).map(({ name }) => name);
const lower = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const X63 = 'x'.repeat(63);
const X61 = 'x'.repeat(61);

describe('names under which a reader loads', () => {
  test.each<[string, NameRules, string[], string[]]>([
    ['are the file’s', { ignoresCase: true, bytes: 63 }, ['id', 'año', 'con "comillas"', ' '], ['id', 'año', 'con "comillas"', ' ']],
    ['are never empty', {}, ['', 'b'], ['column_1', 'b']],
    ['leave another column its own', {}, ['', 'column_1', 'column_1_2'], ['column_1_3', 'column_1', 'column_1_2']],
    ['differ in more than case for one that ignores it', { ignoresCase: true }, ['a', 'A', 'A_2', 'a_3'], ['a', 'A_4', 'A_2', 'a_3']],
    ['may differ in case for one that does not', {}, ['a', 'A'], ['a', 'A']],
    ['differ in case of ASCII alone', { ignoresCase: true }, ['ñ', 'Ñ'], ['ñ', 'Ñ']],
    ['are cut, and told apart', { bytes: 63 }, [`${X63}1`, `${X63}2`, `${X63}3`], [X63, `${X61}_2`, `${X61}_3`]],
    ['are cut at a letter', { bytes: 5 }, ['ññña', '汉汉', '😀😀', '汉汉'], ['ññ', '汉', '😀', '汉_2']],
    ['leave one that fits its own', { bytes: 3 }, ['abcd', 'abc'], ['a_2', 'abc']],
    ['are none of the reader’s', { taken: ['ctid'] }, ['ctid', 'CTID'], ['ctid_2', 'CTID']],
  ])('%s', (_, rules, names, expected) => {
    expect(named(names, rules)).toEqual(expected);
  });

  test('fit and differ, whatever the file’s are, and those that can stay do', () => {
    const name = fc.oneof(
      fc.constantFrom('', 'a', 'A', 'a_2', 'A_3', 'column_1', 'column_2', 'ññññ', 'ñññññ', 'xmin'),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (names) => {
        const given = named(names, { bytes: 9, ignoresCase: true, taken: ['xmin'] });
        expect(new Set([...given.map(lower), 'xmin']).size).toBe(names.length + 1);
        expect(given.every((each) => each !== '' && Buffer.byteLength(each) <= 9)).toBe(true);
        const fits = (each: string): boolean => each !== '' && Buffer.byteLength(each) <= 9 && lower(each) !== 'xmin';
        names.forEach((each, index) => {
          const isFirst = names.findIndex((other) => lower(other) === lower(each)) === index;
          if (fits(each) && isFirst) expect(given[index]).toBe(each);
        });
      }),
    );
  });
});
