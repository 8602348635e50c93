import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimalInto, floatInto, int32Into, int64Into } from './numbers.ts';

/** The text in the middle of other bytes. */
function within(text: string): [source: Buffer, start: number, end: number] {
  const source = Buffer.from(`12,${text},34`);
  return [source, 3, source.length - 3];
}

function int64(text: string): bigint | undefined {
  const words = new Int32Array(4);
  return int64Into(words, 1, ...within(text)) ? new BigInt64Array(words.buffer)[1] : undefined;
}

function decimal(text: string, precision: number, scale: number): bigint | undefined {
  const words = new Int32Array(8);
  if (!decimalInto(words, 1, { precision, scale }, ...within(text))) return undefined;
  const [low = 0n, high = 0n] = new BigUint64Array(words.buffer).subarray(2);
  return BigInt.asIntN(128, (high << 64n) | low);
}

const NO_NUMBERS = ['', '-', '+', '1a', ' 1', '1 ', '1.5', '0x10', '1e3', 'NaN', '--1', '١'];

describe('integers', () => {
  test('of 64 bits are whole, whatever their digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(3), (value, zeros) => {
        const digits = `${'0'.repeat(zeros)}${value < 0n ? -value : value}`;
        expect(int64(`${value < 0n ? '-' : ''}${digits}`)).toBe(value);
      }),
    );
  });

  test.each(['9223372036854775808', '-9223372036854775809', '123456789012345678901234567890', ...NO_NUMBERS])('of 64 bits are none of %j', (text) => {
    expect(int64(text)).toBeUndefined();
  });

  test.each([8, 16, 32] as const)('of %d bits have their bounds', (bits) => {
    const target = { 8: new Int8Array(1), 16: new Int16Array(1), 32: new Int32Array(1) }[bits];
    const read = (text: string): number | undefined => (int32Into(target, 0, bits, ...within(text)) ? target[0] : undefined);
    const most = 2 ** (bits - 1);
    for (const value of [0, 7, -most, most - 1]) expect(read(String(value))).toBe(value);
    for (const text of [String(most), String(-most - 1), '9'.repeat(20), ...NO_NUMBERS]) expect(read(text)).toBeUndefined();
  });
});

describe('decimals', () => {
  test('are whole, whatever their digits', () => {
    const any = fc.tuple(fc.nat(37), fc.nat(37)).chain(([a, b]) => {
      const [precision, scale] = [Math.max(a, b) + 1, Math.min(a, b)];
      return fc.tuple(fc.constant(precision), fc.constant(scale), fc.bigInt({ min: -(10n ** BigInt(precision)) + 1n, max: 10n ** BigInt(precision) - 1n }));
    });
    fc.assert(
      fc.property(any, fc.nat(2), ([precision, scale, value], zeros) => {
        const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
        const whole = digits.slice(0, digits.length - scale);
        const text = `${value < 0n ? '-' : ''}${'0'.repeat(zeros)}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}${'0'.repeat(zeros)}`}`;
        expect(decimal(text, precision, scale)).toBe(value);
        // Zeros at its end need not be written.
        expect(decimal(text.includes('.') ? text.replace(/\.?0+$/, '') : text, precision, scale)).toBe(value);
      }),
    );
  });

  test.each([
    ['1.5', 150n],
    ['.5', 50n],
    ['5.', 500n],
    ['-0', 0n],
    ['+7.25', 725n],
    ['12345678901234567.89', 1234567890123456789n],
  ])('of scale 2: %s', (text, value) => {
    expect(decimal(text, 20, 2)).toBe(value);
  });

  test.each(['1.005', '1000.00', '1.2.3', '.', 'NaN', 'Infinity', '1e2', '', '-', ' 1', '1 '])('of precision 5 and scale 2 are none of %j', (text) => {
    expect(decimal(text, 5, 2)).toBeUndefined();
  });
});

const textOf = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
const float = (text: string, target: Float32Array | Float64Array): number | undefined => (floatInto(target, 0, ...within(text)) ? target[0] : undefined);

describe('floating-point numbers', () => {
  test('are what their shortest text is of', () => {
    fc.assert(fc.property(fc.double(), (value) => expect(float(textOf(value), new Float64Array(1))).toBe(value)));
    fc.assert(fc.property(fc.float(), (value) => expect(float(textOf(value), new Float32Array(1))).toBe(value)));
    expect(float('-0', new Float64Array(1))).toBe(-0);
    expect(float('0.1', new Float32Array(1))).toBe(Math.fround(0.1));
    expect(float('1E+300', new Float64Array(1))).toBe(1e300);
  });

  test.each(['', ' ', '0x10', '1_000', 'nan', 'infinity', '1,5', 'x'])('are none of %j', (text) => {
    expect(float(text, new Float64Array(1))).toBeUndefined();
  });
});
