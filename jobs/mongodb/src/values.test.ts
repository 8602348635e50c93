import { describe, expect, test } from '@jest/globals';
import { BSON, Binary, Code, DBRef, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import { READ_OPTIONS, cellText } from './values.ts';

/** The text of a value that has been through BSON, as it comes from the wire. */
function text(value: unknown): string | null {
  return cellText(BSON.deserialize(BSON.serialize({ value }), READ_OPTIONS)['value']);
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

  test('a date beyond what can be written is refused and not rounded', () => {
    const bytes = BSON.serialize({ value: new Date(0) });
    // The value of the document's one element, as milliseconds.
    Buffer.from(bytes.buffer, bytes.byteOffset).writeBigInt64LE(2n ** 62n, 4 + 1 + 'value\0'.length);
    expect(() => cellText(BSON.deserialize(bytes, READ_OPTIONS)['value'])).toThrow(expect.objectContaining({ code: 'QUERY_FAILED' }));
  });
});
