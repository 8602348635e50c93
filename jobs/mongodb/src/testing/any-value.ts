import fc from 'fast-check';
import { BSON, Binary, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';

/** Names of fields. */
export const NAME = fc.string({ unit: 'binary', maxLength: 5 }).filter((name) => !name.includes('\0') && Buffer.from(name).toString() === name);
const TEXT = fc.string({ unit: 'binary', maxLength: 70 }).filter((value) => Buffer.from(value).toString() === value);
const BYTES = fc.uint8Array({ maxLength: 20 });
const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** Values of every type that the driver writes; documents as maps, which keep the order of their names. */
export const { value: VALUE } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, new MinKey(), new MaxKey()),
    TEXT,
    fc.integer().map((number) => new Int32(number)),
    INT64.map((number) => Long.fromBigInt(number)),
    fc.double().map((number) => new Double(number)),
    fc.tuple(INT64, fc.integer({ min: -50, max: 50 })).map(([digits, exponent]) => Decimal128.fromString(`${digits}E${exponent}`)),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc.tuple(BYTES, fc.constantFrom(0, 1, 2, 3, 5, 128)).map(([bytes, subtype]) => new Binary(bytes, subtype)),
    fc.uuid().map((id) => new UUID(id)),
    fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
    NAME.map((pattern) => new BSON.BSONRegExp(pattern, 'im')),
    TEXT.map((code) => new Code(code)),
    fc.tuple(TEXT, INT64).map(([code, n]) => new Code(code, { n: Long.fromBigInt(n) })),
    TEXT.map((value) => new BSON.BSONSymbol(value)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.uniqueArray(fc.tuple(NAME, tie('value')), { maxLength: 5, selector: ([name]) => name }).map((fields) => new Map(fields)),
  ),
}));
