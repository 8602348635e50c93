import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON, Decimal128, Long } from 'mongodb';
import { dateText } from '../raw/dates.ts';
import { isPlainDouble, writeDouble, writeInteger } from './digits.ts';
import { NONE, SCALAR_BYTES, isPlainDate, timeAt, writeDate, writeDecimal, writeLong, writeObjectId } from './scalars.ts';

type Write = (out: Buffer, at: number) => number;

/** What is written, between bytes that must stay as they are; undefined where nothing is. */
function written(write: Write): string | undefined {
  const out = Buffer.alloc(SCALAR_BYTES + 2, '#');
  const end = write(out, 1);
  if (end === NONE) return undefined;
  expect(out[0]).toBe('#'.charCodeAt(0));
  expect(end - 1).toBeLessThanOrEqual(SCALAR_BYTES);
  return out.toString('latin1', 1, end);
}

/** The bytes of one value. */
function bytesOf(value: unknown): Buffer {
  // Behind the length, the type and the name's zero.
  return Buffer.from(BSON.serialize({ '': value }).subarray(6, -1));
}

const RUNS = { numRuns: 2_000 };
const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const SAFE = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.nat(16).map((digits) => 10 ** digits - 1),
);
/** Doubles of few decimals, whose digits are found without JavaScript's help, and any others. */
const DOUBLE = fc
  .oneof(
    fc.double(),
    fc.tuple(SAFE, fc.nat(12)).map(([digits, scale]) => digits / 10 ** scale),
    fc.tuple(fc.integer(), fc.nat(12)).map(([digits, scale]) => digits * 10 ** -scale),
    fc.tuple(fc.integer(), fc.nat(9)).map(([digits, scale]) => digits / 10 ** scale + Number.EPSILON),
  )
  .filter(isPlainDouble);

describe('digits', () => {
  test.each([0, 1, -1, 9, 10, 99, 100, 999_999_999, 1_000_000_000, -1_000_000_001, 2 ** 31, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])(
    'of %d',
    (number) => {
      expect(written((out, at) => writeInteger(out, at, number))).toBe(String(number));
    },
  );

  test('of any whole number', () => {
    fc.assert(
      fc.property(SAFE, (number) => expect(written((out, at) => writeInteger(out, at, number))).toBe(String(number === 0 ? 0 : number))),
      RUNS,
    );
  });

  test.each([
    0.1,
    -0.5,
    0.000001,
    0.0000015,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    1e21,
    1e20,
    123456789.12345678,
    999999999.99,
    0.3,
    0.1 + 0.2,
    4.35,
    1.005,
    2 ** 53,
    -12.0463999,
  ])('of the double %d', (number) => {
    expect(written((out, at) => writeDouble(out, at, number))).toBe(String(number));
  });

  test('of any double are those of JavaScript', () => {
    fc.assert(
      fc.property(DOUBLE, (number) => expect(written((out, at) => writeDouble(out, at, number))).toBe(String(number))),
      RUNS,
    );
  });
});

test('a long is written up to 53 bits', () => {
  fc.assert(
    fc.property(fc.oneof(INT64, SAFE.map(BigInt)), (value) => {
      const found = written((out, at) => writeLong(out, at, bytesOf(Long.fromBigInt(value)), 0));
      expect([String(value), undefined]).toContain(found);
      if (value < 2n ** 52n && value > -(2n ** 52n)) expect(found).toBe(String(value));
    }),
    RUNS,
  );
});

test('a decimal is as the library writes it', () => {
  const DECIMAL = fc
    .tuple(
      fc.oneof(INT64, SAFE.map(BigInt), fc.constantFrom(0n, -0n, 1n)),
      fc.oneof(fc.integer({ min: -20, max: 3 }), fc.integer({ min: -6000, max: 6000 })),
      fc.boolean(),
    )
    .map(([digits, exponent, minus]) => Decimal128.fromString(`${minus && digits === 0n ? '-' : ''}${digits}E${exponent}`));
  let found = 0;
  fc.assert(
    fc.property(DECIMAL, (value) => {
      const text = written((out, at) => writeDecimal(out, at, bytesOf(value), 0));
      if (text !== undefined) found++;
      expect([value.toString(), undefined]).toContain(text);
    }),
    RUNS,
  );
  expect(found).toBeGreaterThan(100);
  expect(written((out, at) => writeDecimal(out, at, bytesOf(Decimal128.fromString('1234.50')), 0))).toBe('1234.50');
  expect(written((out, at) => writeDecimal(out, at, bytesOf(Decimal128.fromString('-0.00')), 0))).toBe('-0.00');
  expect(written((out, at) => writeDecimal(out, at, bytesOf(Decimal128.fromString('NaN')), 0))).toBeUndefined();
  expect(written((out, at) => writeDecimal(out, at, bytesOf(Decimal128.fromString('Infinity')), 0))).toBeUndefined();
});

test('any bits of a decimal are as the library reads them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), (bits, small) => {
      const bytes = Buffer.from(bits);
      if (small) {
        bytes.fill(0, 6, 14);
        bytes[14] = (bytes[14] ?? 0) & 0xfe;
        bytes[15] = 0x30;
      }
      expect([new Decimal128(bytes).toString(), undefined]).toContain(written((out, at) => writeDecimal(out, at, bytes, 0)));
    }),
    RUNS,
  );
});

function checkDate(time: number): void {
  const bytes = bytesOf(new Date(time));
  expect(timeAt(bytes, 0)).toBe(time);
  expect(isPlainDate(time)).toBe(true);
  expect(written((out, at) => writeDate(out, at, time))).toBe(dateText(bytes, 0));
}

test('a date of the years 1 to 9999 is ISO 8601', () => {
  const [first, last] = [Date.parse('0001-01-01T00:00:00Z'), Date.UTC(9999, 11, 31, 23, 59, 59, 999)];
  // Every day around the turns of months, years and centuries that are leap years and that are none.
  for (const year of [1, 4, 100, 400, 1900, 1969, 1970, 2000, 2023, 2024, 2100, 9999]) {
    const start = new Date(0).setUTCFullYear(year, 0, 1);
    for (let day = 0; day < 365; day++) checkDate(start + day * 86_400_000);
  }
  [first, last, 0, -1, 1].forEach(checkDate);
  fc.assert(fc.property(fc.integer({ min: first, max: last }), checkDate), RUNS);
  expect([isPlainDate(first - 1), isPlainDate(last + 1)]).toEqual([false, false]);
});

test('an ObjectId is its hexadecimal digits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (bytes) => {
      expect(written((out, at) => writeObjectId(out, at, bytes, 0))).toBe(Buffer.from(bytes).toString('hex'));
    }),
  );
});
