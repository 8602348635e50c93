import { describe, expect, test } from '@jest/globals';
import { conversionOf, isLost, whyLost } from './conversion.ts';

const NO_TEXT = undefined;
const of = (...charsets: (string | undefined)[]) => conversionOf(charsets.map((charset) => ({ charset })));

describe('the conversion of a dataset', () => {
  test.each([[[]], [[NO_TEXT]], [['utf8mb4', NO_TEXT]], [['utf8mb4', 'utf8mb3', 'latin1', 'koi8r', 'ucs2']]])('is the server’s own for %j', (charsets) => {
    expect(of(...charsets)).toEqual({ raw: false, checked: [] });
  });

  test.each([[['utf8mb3']], [['utf8', NO_TEXT]], [['utf8mb4', 'ascii']]])('is none for %j, which is UTF-8 as it lies there', (charsets) => {
    expect(of(...charsets)).toEqual({ raw: true, checked: [] });
  });

  test('is checked column by column where a set has bytes without a character, and `ascii` where it stands beside what must be converted', () => {
    expect(of('cp1251', NO_TEXT, 'utf8mb4', 'latin1', 'sjis')).toEqual({ raw: false, checked: [0, 4] });
    expect(of('latin1', 'ascii', 'utf8mb3')).toEqual({ raw: false, checked: [1] });
    expect(of('unknown')).toEqual({ raw: false, checked: [0] });
  });

  test('asks the server by counting characters, and U+FFFD where it takes that for a "?"', () => {
    // Without a literal '' (sql.ts), and where MariaDB makes NULL of an empty text.
    expect(isLost('`v`', { charset: 'cp1251' })).toBe(
      "coalesce(char_length(replace(`v`, '?', _utf8mb4 x'')), 0) <> coalesce(char_length(replace(convert(`v` using utf8mb4), '?', _utf8mb4 x'')), 0)",
    );
    expect(isLost('`v`', { charset: 'tis620' })).toContain("_utf8mb4 x'efbfbd'");
    expect(whyLost({ charset: 'tis620' })).toContain('U+FFFD');
    expect(whyLost({ charset: 'cp1251' })).toContain('"?"');
  });
});
