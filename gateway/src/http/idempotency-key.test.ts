import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GatewayError } from '../errors.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';

const UUID = '8e03978e-40d5-43dd-bc93-6894a57f9324';

function refusal(header: string): GatewayError {
  try {
    parseIdempotencyKey(header);
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('nothing was refused');
}

describe('the header Idempotency-Key', () => {
  test('may be left out', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  test.each([
    [`"${UUID}"`, UUID],
    [UUID, UUID],
    [` \t"${UUID}" `, UUID],
    [` ${UUID}\t`, UUID],
    ['"abc"', 'abc'],
    ['abc', 'abc'],
    ['"a b, c"', 'a b, c'],
    ['a b', 'a b'],
    [String.raw`"say \"a\\b\""`, String.raw`say "a\b"`],
    [String.raw`a\b`, String.raw`a\b`],
    ['dGVzdA==', 'dGVzdA=='],
    ['pedido:2026-11-25;lote=7', 'pedido:2026-11-25;lote=7'],
    ['"abc";v=1; w="x;y";z', 'abc'],
    ['x', 'x'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [`"${String.raw`\"`.repeat(255)}"`, '"'.repeat(255)],
  ])('%j is read', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  test.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['""', 'empty'],
    ['x'.repeat(256), '256 characters; at most 255'],
    [`"${'x'.repeat(256)}"`, '256 characters; at most 255'],
    ['"abc', 'quotes closed'],
    ['"', 'quotes closed'],
    ['abc"', 'quotes closed'],
    [String.raw`"abc\"`, 'quotes closed'],
    [String.raw`"a\bc"`, 'printable ASCII'],
    ['"abc" "def"', 'one key'],
    ['"abc", "def"', 'one key'],
    ['abc, def', 'one key'],
    ['"abc";', 'one key'],
    ['clé', 'printable ASCII'],
    ['"clé"', 'printable ASCII'],
    ['a\tb', 'printable ASCII'],
    ['"a\u0000b"', 'printable ASCII'],
    ['a\u007fb', 'printable ASCII'],
    ['abc\n', 'printable ASCII'],
  ])('%j is refused, by name and with the mend', (header, why) => {
    expect(refusal(header)).toMatchObject({
      code: 'BODY_INVALID',
      message: expect.stringMatching(/^the header Idempotency-Key /),
      details: { field: 'Idempotency-Key' },
    });
    expect(refusal(header).message).toContain(why);
  });

  test('carries every key of printable ASCII', () => {
    const keys = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)), minLength: 1, maxLength: 255 });
    fc.assert(
      fc.property(keys, (key) => {
        expect(parseIdempotencyKey(`"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).toBe(key);
      }),
    );
  });

  test('is a key or is refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (header) => {
        let key: string | undefined;
        try {
          key = parseIdempotencyKey(header);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BODY_INVALID' });
          return;
        }
        expect(key).toMatch(/^[\x20-\x7e]{1,255}$/);
      }),
    );
  });
});
