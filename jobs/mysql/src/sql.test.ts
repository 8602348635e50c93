import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoteName, textLiteral } from './sql.ts';

test('a text is its bytes, and holds no letter that a mode reads otherwise', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const [, hex = ''] = /^_utf8mb4 x'((?:[0-9a-f]{2})*)'$/.exec(textLiteral(text)) ?? [];
      expect(Buffer.from(hex, 'hex').toString()).toBe(text);
    }),
  );
  expect(textLiteral('')).toBe("_utf8mb4 x''");
});

test('a name ends where it ends', () => {
  expect(quoteName('a`; drop table `b\\')).toBe('`a``; drop table ``b\\`');
});
