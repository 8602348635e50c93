import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstInexactNumber } from './exact-numbers.ts';

describe('firstInexactNumber', () => {
  test.each(['1e999', '-1e999', '12345678901234567890', '9007199254740993', '0.12345678901234567890', '1e-400', '123456789012345678901234567890e-5'])(
    'finds %s',
    (number) => {
      expect(firstInexactNumber(`{"state": {"a": [1, ${number}]}}`)).toBe(number);
    },
  );

  test.each(['0', '-0', '0.0', '0e5', '1', '-1', '1.50', '1E2', '100', '1e+2', '9007199254740991', '0.1', '123e-2', '1e308', '5e-324'])(
    'passes %s',
    (number) => {
      expect(firstInexactNumber(`{"state": {"a": ${number}}}`)).toBeUndefined();
    },
  );

  test('passes every double as JSON writes it, and texts that look like numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => expect(firstInexactNumber(JSON.stringify([number]))).toBeUndefined()),
    );
    expect(firstInexactNumber('["1e999", {"1e999": true}]')).toBeUndefined();
  });
});
