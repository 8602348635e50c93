import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type MaskKind, maskOf } from './mask.ts';

const SECRET = 'dieciséis letras';
const mask = (kind: MaskKind, value: string | Buffer): string => maskOf(kind, { MASK_SECRET: SECRET })(Buffer.from(value));

describe('masks', () => {
  test('hash is SHA-256 of the bytes, hmac the same with the secret', () => {
    for (const value of ['', '12345678Z', 'ñandú', 'a,"b"\n']) {
      expect(mask('hash', value)).toBe(createHash('sha256').update(value).digest('hex'));
      expect(mask('hmac', value)).toBe(createHmac('sha256', SECRET).update(value).digest('hex'));
    }
  });

  test.each([
    ['4111111111111111', '****1111'],
    ['600123456', '****56'],
    ['12345678Z', '****8Z'],
    ['abcd', '****d'],
    ['abc', '****'],
    ['', '****'],
    ['María de los Ángeles Ñuño', '****Ñuño'],
    ['💊💊💊💊', '****💊'],
  ])('partial of %j is %j', (value, masked) => {
    expect(mask('partial', value)).toBe(masked);
  });

  test('partial writes UTF-8 of what is none', () => {
    expect(mask('partial', Buffer.from([0x61, 0x62, 0x63, 0xff]))).toBe('****\u{fffd}');
  });

  test('redact says nothing of the value', () => {
    expect(new Set(['', 'a', 'a long one'].map((value) => mask('redact', value)))).toEqual(new Set(['***']));
  });

  test.each([
    [{}, /is not set/],
    [{ MASK_SECRET: 'short' }, /has only 5 characters/],
  ])('hmac wants its secret: %j', (settings, problem) => {
    expect(() => maskOf('hmac', settings)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: { field: 'MASK_SECRET' }, message: expect.stringMatching(problem) }),
    );
  });
});
