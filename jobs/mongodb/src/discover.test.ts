import { describe, expect, test } from '@jest/globals';
import { BSON, Binary, type Document, Double, Int32, Long, MinKey, ObjectId, UUID } from 'mongodb';
import { Discovery } from './discover.ts';
import { readRaw } from './testing/read-raw.ts';

function discover(...documents: object[]): unknown {
  const discovery = new Discovery();
  for (const document of documents) discovery.take(BSON.serialize(document));
  return discovery.columns().map(({ name, sourceType }) => `${name}: ${sourceType}`);
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

/** Documents as a file of all their columns. */
async function flattened(
  ...documents: (Document | Uint8Array)[]
): Promise<{ columns: string[]; csv: string; lossy: number[]; missing: (number | undefined)[] }> {
  const raw = documents.map((document) => (document instanceof Uint8Array ? document : BSON.serialize(document)));
  const discovery = new Discovery(true);
  raw.forEach((document) => discovery.take(document));
  const columns = discovery.columns();
  const names = columns.map(({ name }) => name);
  const { csv, losses, reader } = await readRaw(raw, names, discovery.pickerOf(columns));
  return {
    columns: columns.map(({ name, sourceType }) => `${name}: ${sourceType}`),
    csv,
    lossy: names.map((name) => losses.count(name)),
    missing: (reader.columns?.() ?? []).map(({ missing }) => missing),
  };
}

describe('flattened', () => {
  test('documents are columns of their fields, to any depth and of all documents; arrays are not', async () => {
    const { columns, csv, missing } = await flattened(
      { n: 1, d: { calle: 'Sol', geo: { p: { x: 0.5 } } } },
      { n: 2, otro: true, d: { numero: 7, calle: null, lista: [{ x: 1 }] } },
      { n: 3 },
    );
    expect(columns).toEqual(['n: int', 'd.calle: null|string', 'd.geo.p.x: double', 'd.numero: int', 'd.lista: array', 'otro: bool']);
    expect(csv).toBe('1,Sol,0.5,,,\n2,,,7,"[{""x"":1}]",true\n3,,,,,\n');
    // A null is none that is missing.
    expect(missing).toEqual([0, 1, 2, 2, 2, 2]);
  });

  test('what a field is beside a document is in its own column, an empty document too', async () => {
    const { columns, csv, missing } = await flattened({ a: 'solo' }, { a: { x: 1, y: {} } }, { a: {} }, { a: [{ x: 2 }] }, { a: null }, {});
    expect(columns).toEqual(['a: array|null|object|string', 'a.x: int', 'a.y: object']);
    expect(csv).toBe('solo,,\n,1,{}\n{},,\n"[{""x"":2}]",,\n,,\n,,\n');
    expect(missing).toEqual([2, 5, 5]);
  });

  test('a field that a document has twice counts where its values would have stood', async () => {
    const twice = Buffer.from(BSON.serialize({ aa: { x: 1, z: 5 }, bb: { x: 2, y: 3 }, c: 4 }));
    twice.write('aa', twice.indexOf('bb'));
    const { columns, csv, lossy } = await flattened(twice);
    expect(columns).toEqual(['aa.x: int', 'aa.z: int', 'aa.y: int', 'c: int']);
    expect([csv, lossy]).toEqual(['2,,3,4\n', [1, 1, 0, 0]]);
  });

  test('a name with dots is one name', async () => {
    const { columns, csv } = await flattened({ 'a.b': { c: 1 } }, { 'a.b': 2 });
    expect([columns, csv]).toEqual([['a.b: int', 'a.b.c: int'], ',1\n2,\n']);
  });

  test('documents without fields have the field that every document has', async () => {
    expect((await flattened()).columns).toEqual(['_id: objectId']);
  });
});

test('what comes up only while documents are read is told, and not taken', async () => {
  const discovery = new Discovery(true);
  discovery.take(BSON.serialize({ a: { x: 1 }, b: 1 }));
  const columns = discovery.columns();
  const later = BSON.serialize({ a: { x: 1, y: 2 }, b: { z: 1 }, c: 1 });
  const other = BSON.serialize({ a: 7, b: 2 });
  const { csv, report } = await readRaw(
    [later, other],
    columns.map(({ name }) => name),
    discovery.pickerOf(columns),
  );
  expect([csv, report?.unexpected]).toEqual(['1,\n,2\n', ['a.y', 'b.z', 'c', 'a']]);
});
