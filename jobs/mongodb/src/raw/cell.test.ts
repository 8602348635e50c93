import { describe, expect, test } from '@jest/globals';
import { BSON, Binary, Code, DBRef, Decimal128, type Document, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import fc from 'fast-check';
import { VALUE } from '../testing/any-value.ts';
import { cellText } from './cell.ts';
import { openDocument } from './document.ts';

/** The text of a value that has been through BSON, as it comes from the wire. */
function text(value: unknown): string | null {
  return textOf(BSON.serialize({ value }));
}

/** The text of a document's first value. */
function textOf(document: Uint8Array): string | null {
  const { bytes, elements } = openDocument(Buffer.from(document));
  const [element] = elements;
  if (element === undefined) throw new Error('the document is empty');
  return cellText(bytes, element, (why) => {
    throw new Error(why);
  });
}

describe('cellText', () => {
  test.each<[string, unknown, string | null]>([
    ['null', null, null],
    ['text', 'Ñandú, "x"\n', 'Ñandú, "x"\n'],
    ['the empty text', '', ''],
    ['a NUL', 'a\u0000b', 'a\u0000b'],
    ['true', true, 'true'],
    ['an int', new Int32(-5), '-5'],
    ['a long beyond doubles', Long.fromString('9007199254740993'), '9007199254740993'],
    ['the least long', Long.MIN_VALUE, '-9223372036854775808'],
    ['a decimal', Decimal128.fromString('1234567890.10'), '1234567890.10'],
    ['a decimal NaN', Decimal128.fromString('NaN'), 'NaN'],
    ['a decimal with an exponent', Decimal128.fromString('1E+6000'), '1E+6000'],
    ['a double', new Double(0.1), '0.1'],
    ['a whole double', new Double(3), '3'],
    ['minus zero', new Double(-0), '-0'],
    ['NaN', new Double(Number.NaN), 'NaN'],
    ['infinity', new Double(Number.NEGATIVE_INFINITY), '-Infinity'],
    ['the least double', new Double(5e-324), '5e-324'],
    ['an id', new ObjectId('65a000000000000000000001'), '65a000000000000000000001'],
    ['a date', new Date('2025-01-02T15:30:45.123Z'), '2025-01-02T15:30:45.123Z'],
    ['a date before 0', new Date(Date.UTC(-1, 0, 1)), '-000001-01-01T00:00:00.000Z'],
    ['a date after 9999', new Date(Date.UTC(12_345, 0, 1)), '+012345-01-01T00:00:00.000Z'],
    ['bytes', new Binary(Buffer.from([0, 255, 10])), 'AP8K'],
    ['no bytes', new Binary(Buffer.alloc(0)), ''],
    ['a UUID', new UUID('00112233-4455-6677-8899-aabbccddeeff'), '00112233-4455-6677-8899-aabbccddeeff'],
    ['a timestamp', new Timestamp({ t: 7, i: 3 }), '{"$timestamp":{"t":7,"i":3}}'],
    ['a regular expression', new BSON.BSONRegExp('a.b', 'i'), '{"$regularExpression":{"pattern":"a.b","options":"i"}}'],
    ['code', new Code('f()'), '{"$code":"f()"}'],
    ['a reference', new DBRef('medicos', new ObjectId('65a000000000000000000001')), '{"$ref":"medicos","$id":{"$oid":"65a000000000000000000001"}}'],
    [
      'a reference to a long, with more beside it',
      new DBRef('medicos', Long.fromString('9007199254740993') as unknown as ObjectId, 'otra', { n: Long.MAX_VALUE }),
      '{"$ref":"medicos","$id":9007199254740993,"$db":"otra","n":9223372036854775807}',
    ],
    ['code with a scope', new Code('f()', { n: Long.fromString('9007199254740993') }), '{"$code":"f()","$scope":{"n":9007199254740993}}'],
    ['the least key', new MinKey(), '{"$minKey":1}'],
    ['the greatest key', new MaxKey(), '{"$maxKey":1}'],
    ['an array', [new Int32(1), 'a"b', null, [new Double(0.5)]], '[1,"a\\"b",null,[0.5]]'],
    ['an empty array', [], '[]'],
    [
      'a document',
      {
        largo: Long.fromString('9007199254740993'),
        precio: Decimal128.fromString('5.50'),
        nan: new Double(Number.NaN),
        cero: new Double(-0),
        fecha: new Date(0),
        antes: new Date(-1),
        id: new ObjectId('65a000000000000000000001'),
        ñ: { vacio: {} },
      },
      '{"largo":9007199254740993,"precio":{"$numberDecimal":"5.50"},"nan":{"$numberDouble":"NaN"},"cero":-0.0,"fecha":{"$date":"1970-01-01T00:00:00.000Z"},"antes":{"$date":{"$numberLong":"-1"}},"id":{"$oid":"65a000000000000000000001"},"ñ":{"vacio":{}}}',
    ],
  ])('%s', (_, value, expected) => {
    expect(text(value)).toBe(expected);
  });

  test("nested values are the driver's own relaxed Extended JSON, where that is exact", () => {
    const value = {
      a: [new Int32(1), 'x', { b: true, c: null }],
      d: new Date(5),
      e: new Binary(Buffer.from('ab')),
      f: Decimal128.fromString('1.50'),
      g: new Double(2.5),
    };
    expect(text(value)).toBe(BSON.EJSON.stringify(value, { relaxed: true }));
    expect(BSON.EJSON.parse(text(value) ?? '', { relaxed: false })).toEqual(
      BSON.EJSON.parse(BSON.EJSON.stringify(value, { relaxed: true }), { relaxed: false }),
    );
  });

  test.each([
    [8_640_000_000_000_000n, '+275760-09-13T00:00:00.000Z'],
    [8_640_000_000_000_001n, '+275760-09-13T00:00:00.001Z'],
    [-8_640_000_000_000_000n, '-271821-04-20T00:00:00.000Z'],
    [-8_640_000_000_000_001n, '-271821-04-19T23:59:59.999Z'],
    // As Java's Instant writes them.
    [2n ** 63n - 1n, '+292278994-08-17T07:12:55.807Z'],
    [-(2n ** 63n), '-292275055-05-16T16:47:04.192Z'],
    [9_007_199_254_740_993n, '+287396-10-12T08:59:00.993Z'],
  ])('a date of %i milliseconds is exact, also beyond those that JavaScript knows', (time, expected) => {
    expect(textOf(withDate({ value: DATE }, time))).toBe(expected);
    expect(textOf(withDate({ value: { d: DATE } }, time))).toBe(`{"d":{"$date":{"$numberLong":"${time}"}}}`);
  });

  test('fields of a document keep their order, whatever their names', () => {
    const fields = new Map([
      ['b', 1],
      ['10', 2],
      ['2', 3],
      ['__proto__', 4],
      ['a"b', 5],
    ]);
    expect(text(fields)).toBe('{"b":1,"10":2,"2":3,"__proto__":4,"a\\"b":5}');
  });

  test.each<[string, Document, string]>([
    ['a reference with dots', { $ref: 'medicos.viejos', $id: 1 }, '{"$ref":"medicos.viejos","$id":1}'],
    [
      'a reference in its own order',
      new Map<string, unknown>([
        ['$id', 1],
        ['x', 2],
        ['$ref', 'm'],
      ]),
      '{"$id":1,"x":2,"$ref":"m"}',
    ],
    [
      'a document that looks like a type of the driver',
      new Map<string, unknown>([
        ['_bsontype', 'nada'],
        ['x', 1],
      ]),
      '{"_bsontype":"nada","x":1}',
    ],
  ])('%s is as it stands in the document', (_, value, expected) => {
    expect(text(value)).toBe(expected);
  });

  test('the rarest types, which the driver can not write', () => {
    const pointer = Buffer.concat([Buffer.from([12]), Buffer.from('v\0'), Buffer.from([4, 0, 0, 0]), Buffer.from('a.b\0'), Buffer.alloc(12, 1)]);
    expect(textOf(document(pointer))).toBe(`{"$dbPointer":{"$ref":"a.b","$id":{"$oid":"${'01'.repeat(12)}"}}}`);
    expect(textOf(document(Buffer.from([6, 0x76, 0])))).toBe('{"$undefined":true}');
    // The old form of bytes has its length twice.
    expect(textOf(document(Buffer.from([5, 0x76, 0, 5, 0, 0, 0, 2, 1, 0, 0, 0, 9])))).toBe('CQ==');
  });

  test.each<[string, Buffer]>([
    ['a text that is too long', Buffer.from([2, 0x76, 0, 9, 0, 0, 0, 0x61, 0])],
    ['a text without its end', Buffer.from([2, 0x76, 0, 1, 0, 0, 0, 0x61])],
    ['a boolean of two', Buffer.from([8, 0x76, 0, 2])],
    ['an unknown type', Buffer.from([20, 0x76, 0])],
    ['a document cut short', Buffer.from([3, 0x76, 0, 9, 0, 0, 0, 0])],
    ['bytes of the old form whose lengths differ', Buffer.from([5, 0x76, 0, 5, 0, 0, 0, 2, 2, 0, 0, 0, 9])],
    ['a scope that ends elsewhere', Buffer.from([15, 0x76, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0])],
  ])('%s is no BSON', (_, element) => {
    // The library's own error, which becomes QUERY_FAILED.
    expect(() => textOf(document(element))).toThrow(BSON.BSONError);
  });

  test('every value is as the driver itself writes it, but for what it can not keep', () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        expect(text(value)).toBe(cellOf(value));
      }),
      { numRuns: 200 },
    );
  });
});

/** A document of one element's bytes. */
function document(element: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), element, Buffer.alloc(1)]);
  bytes.writeInt32LE(bytes.length);
  return bytes;
}

const DATE = new Date('2025-01-02T15:30:45.123Z');

/** A document's bytes with another time where that date stands. */
function withDate(value: Document, time: bigint): Buffer {
  const bytes = Buffer.from(BSON.serialize(value));
  const mark = Buffer.alloc(8);
  mark.writeBigInt64LE(BigInt(DATE.getTime()));
  bytes.writeBigInt64LE(time, bytes.indexOf(mark));
  return bytes;
}

/** The cell of a value, by the driver's own classes. */
function cellOf(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  // Which is a Long to the driver.
  if (value instanceof Timestamp) return jsonOf(value);
  if (typeof value === 'boolean' || value instanceof ObjectId || value instanceof Long || value instanceof Decimal128) return String(value);
  if (value instanceof Int32 || value instanceof Double) return Object.is(value.value, -0) ? '-0' : String(value.value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Binary) return value.sub_type === 4 ? value.toUUID().toString() : value.toString('base64');
  return jsonOf(value);
}

/** The driver's own relaxed Extended JSON, with what it rounds or reorders put right. */
function jsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (value instanceof Map) return `{${[...value].map(([name, item]) => `${JSON.stringify(name)}:${jsonOf(item)}`).join(',')}}`;
  if (value instanceof Long && !(value instanceof Timestamp)) return value.toString();
  if (value instanceof Double && Object.is(value.value, -0)) return '-0.0';
  if (value instanceof Code && value.scope !== null) return `{"$code":${JSON.stringify(value.code)},"$scope":{"n":${String(value.scope['n'])}}}`;
  return BSON.EJSON.stringify(value, { relaxed: true });
}
