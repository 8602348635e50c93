import { expect, test } from '@jest/globals';
import { BSON, Binary, Double, Int32, Long, MinKey, ObjectId, UUID } from 'mongodb';
import { Discovery } from './discover.ts';

function discover(...documents: object[]): unknown {
  const discovery = new Discovery();
  for (const document of documents) discovery.take(BSON.serialize(document));
  return discovery.columns.map(({ name, sourceType }) => `${name}: ${sourceType}`);
}

test('columns are the union over all documents, in the order in which they come up, with every type that they had', () => {
  const documents = [
    { _id: new ObjectId(), nombre: 'a', n: new Int32(1) },
    { _id: new ObjectId(), n: Long.fromNumber(2), sedes: [], 'con.punto': {} },
    { _id: new ObjectId(), nombre: null, n: new Double(0.5), ñandú: true, min: new MinKey() },
  ];
  expect(discover(...documents)).toEqual([
    '_id: objectId',
    'nombre: null|string',
    'n: double|int|long',
    'sedes: array',
    'con.punto: object',
    'ñandú: bool',
    'min: minKey',
  ]);
});

const bytes = (subtype: number): Binary => new Binary(Buffer.from('x'), subtype);

test('a UUID and the subtypes of bytes have names of their own', () => {
  expect(discover({ a: bytes(0), b: bytes(128), c: new UUID() }, { a: bytes(5), b: bytes(128), c: bytes(4) })).toEqual([
    'a: binData|binData(5)',
    'b: binData(128)',
    'c: binData(4)|uuid',
  ]);
});

test('a collection without a document has the field that every document has', () => {
  expect(discover()).toEqual(['_id: objectId']);
});
