import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BSON, type Document } from 'mongodb';
import type pg from 'pg';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import type { Dataset } from '../../jobs/mongodb/src/dataset.ts';
import { mongodb } from '../../jobs/mongodb/src/job.ts';
import { readCsv } from '../support/csv.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { fieldsOf, loadIntoDuckdb, loadIntoPostgres } from '../support/load.ts';
import { MongoServer } from '../support/mongo-server.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { expectFormats } from './formats.ts';
import { expectLoads, spellAlike } from './holds.ts';
import { type Canonical, plain, readAs } from './mongodb-canonical.ts';
import { AnyDate, CORPUS, Doubled } from './mongodb-entries.ts';

const { Decimal128, Double, Long } = BSON;

describe('the corpus of MongoDB', () => {
  let server: MongoServer;
  let postgres: PostgresServer;
  let target: pg.Client;
  let session: SourceSession<Dataset>;

  beforeAll(async () => {
    [server, postgres] = await Promise.all([MongoServer.start('replica set'), PostgresServer.start()]);
    await server.using('corpus', async (db) => {
      for (const [name, , , , values] of CORPUS) {
        const documents: Document[] = values.map(([v], id) => ({ _id: id as unknown as BSON.ObjectId, v }));
        await db.collection(name).insertMany([...documents, { _id: 900 as unknown as BSON.ObjectId, v: null }, { _id: 901 as unknown as BSON.ObjectId }]);
      }
      await db.collection('distintos').insertMany([
        { _id: 1 as unknown as BSON.ObjectId, a: 1 },
        { _id: 2 as unknown as BSON.ObjectId, 'b,"c"': 2, anidado: { x: 1 } },
        { _id: 3 as unknown as BSON.ObjectId, a: 3, ultimo: 'z' },
      ]);
      await db.collection('puntos').insertMany([
        { _id: 1 as unknown as BSON.ObjectId, 'a.b': 'con punto', a: { b: 'por dentro' }, "l'eau": 1, 'x\ny': true },
        { _id: 2 as unknown as BSON.ObjectId, a: [{ b: 1 }, { b: 2 }, {}] },
      ]);
      await db
        .collection('nombres')
        .insertOne({ _id: 1 as unknown as BSON.ObjectId, '': 'sin nombre', a: 1, A: 2, ctid: 3, ['ñ'.repeat(40)]: 4, [`${'ñ'.repeat(40)}x`]: 5 });
      await db.collection('extremos').insertMany(
        ['1E+6144', '9.999999999999999999999999999999999E+6144', '1E-6176', '-0', '0E+3'].map((text, id) => ({
          _id: id as unknown as BSON.ObjectId,
          v: Decimal128.fromString(text),
        })),
      );
    });
    await server.using('corpus', async (db) => {
      await db
        .collection('lejanas')
        .insertMany([2 ** 63, -(2 ** 63), 8.64e15 + 2 ** 40].map((time, id) => ({ _id: id as unknown as BSON.ObjectId, v: new AnyDate(time) })));
      await db.collection('orden').insertOne(
        new Doubled([
          ['_id', 1],
          [
            'd',
            new Doubled([
              ['b', 1],
              ['10', 2],
              ['2', 3],
            ]),
          ],
          ['ref', { $ref: 'medicos.viejos', $id: 7 }],
        ]),
      );
      await db.collection('dobles campos').insertMany([
        new Doubled([
          ['_id', 1],
          ['a', 'primera'],
          [
            'd',
            new Doubled([
              ['x', 1],
              ['x', 2],
            ]),
          ],
          ['a', 'segunda'],
        ]),
        { _id: 2 as unknown as BSON.ObjectId, a: 'unica', d: { x: 3 } },
      ]);
    });
    const anidados: Document[] = [
      { d: { calle: 'Sol', geo: { x: new Double(0.5) }, pin: 'canary' }, credenciales: { api: 'canary' } },
      { d: {} },
      { d: 'sin calle' },
      { d: { geo: {}, lotes: [{ n: 1 }], n: Long.fromString('9007199254740993'), calle: null } },
      {},
    ];
    await server.using('corpus', (db) =>
      db.collection('anidados').insertMany(anidados.map((document, n) => ({ _id: (n + 1) as unknown as BSON.ObjectId, ...document }))),
    );
    const many = Array.from({ length: 20_000 }, (_, n) => ({
      _id: n as unknown as BSON.ObjectId,
      n: n * 7,
      v: `v${n}`,
      ...(n % 1_000 === 0 ? { raro: true } : {}),
    }));
    await server.using('corpus', (db) => db.collection('muestra').insertMany(many));
    target = await postgres.connect();
    await spellAlike(target);
    const { host, port, user, password } = server.fromHere;
    session = await connectJob(mongodb, { MONGO_HOST: host, MONGO_PORT: String(port), MONGO_USER: user, MONGO_PASSWORD: password, MONGO_DATABASE: 'corpus' });
  }, 180_000);

  /** What a plain find gives, by _id, in the order of it. */
  async function canonicalValues(collection: string): Promise<Map<string, Canonical | undefined>> {
    const documents = await server.using('corpus', (db) =>
      db
        .collection(collection)
        .find({}, { promoteValues: false, bsonRegExp: true, sort: { _id: 1 } })
        .toArray(),
    );
    return new Map(
      documents.map((document) => {
        const { _id, v } = JSON.parse(BSON.EJSON.stringify(document, { relaxed: false })) as { _id: { $numberInt: string }; v?: Canonical };
        return [_id.$numberInt, v];
      }),
    );
  }

  afterAll(async () => {
    await session?.close();
    await target?.end();
    await Promise.all([server?.stop(), postgres?.stop()]);
  });

  test.each(CORPUS)('%s', async (name, sourceType, field, duckdb, values) => {
    const extracted = await extractHere(session, name, { columns: ['_id', 'v'] });
    const { resource, text, files } = extracted;
    const types = [...sourceType.split('|').filter((type) => type !== ''), 'null'].toSorted().join('|');
    expect(fieldsOf(resource)[1]).toMatchObject({ name: 'v', type: field, sourceType: types, counts: { nulls: 2, missing: 1, lossy: 0 } });
    const records = readCsv(text).records.toSorted((a, b) => Number(a[0]) - Number(b[0]));
    expect(records).toEqual([...values.map(([, written], id) => [String(id), written]), ['900', null], ['901', null]]);
    // The same by the driver's own canonical Extended JSON of a plain find.
    const own = await canonicalValues(name);
    expect(records.map(([id, value]) => [id, value === null || value === undefined ? null : readAs(value, own.get(id ?? ''))])).toEqual(
      [...own].map(([id, value]) => [id, value === undefined || value === null ? null : plain(value)]),
    );
    await expectLoads(extracted, target);
    expect((await loadIntoDuckdb(resource, files)).types[1]).toBe(duckdb);
    await expectFormats(session, { columns: ['_id', 'v'] }, extracted);
  });

  test('without columns they are the union of all documents’ fields', async () => {
    const extracted = await extractHere(session, 'distintos', {});
    expect(readCsv(extracted.text).header).toEqual(['_id', 'a', 'b,"c"', 'anidado', 'ultimo']);
    await expectLoads(extracted, target);
    const without = await extractHere(session, 'distintos', { exclude: ['anidado', 'ultimo'], limit: 2 });
    expect(readCsv(without.text)).toMatchObject({ header: ['_id', 'a', 'b,"c"'], records: [expect.anything(), expect.anything()] });
  });

  test('names of fields with dots and quotes are columns, and a path goes into documents and arrays', async () => {
    const whole = await extractHere(session, 'puntos', {});
    expect(readCsv(whole.text)).toEqual({
      header: ['_id', 'a.b', 'a', "l'eau", 'x\ny'],
      records: [
        ['1', 'con punto', '{"b":"por dentro"}', '1', 'true'],
        ['2', null, '[{"b":1},{"b":2},{}]', null, null],
      ],
    });
    await expectLoads(whole, target);
    const { text } = await extractHere(session, 'puntos', { columns: ['_id', 'a.b', { name: 'primero', path: 'a.0.b' }, 'no.hay'] });
    expect(readCsv(text).records).toEqual([
      ['1', 'por dentro', null, null],
      ['2', '[1,2]', '1', null],
    ]);
  });

  test('names that a reader has no room for', async () => {
    const extracted = await extractHere(session, 'nombres', {});
    const long = 'ñ'.repeat(40);
    expect(readCsv(extracted.text)).toEqual({
      header: ['_id', '', 'a', 'A', 'ctid', long, `${long}x`],
      records: [['1', 'sin nombre', '1', '2', '3', '4', '5']],
    });
    await expectLoads(extracted, target);
  });

  test('decimals at the ends of their range are numbers of PostgreSQL, but for the sign of a zero', async () => {
    const extracted = await extractHere(session, 'extremos', {});
    const written = readCsv(extracted.text).records.map(([, v]) => v);
    // As the driver writes it: a number so large has no other form.
    expect(written).toEqual(['1.000000000000000000000000000000000E+6144', '9.999999999999999999999999999999999E+6144', '1E-6176', '-0', '0E+3']);
    expect((await loadIntoDuckdb(extracted.resource, extracted.files)).rows.map(([, v]) => v)).toEqual(written);
    await loadIntoPostgres(target, extracted.resource, extracted.files);
    const { rows } = await target.query('select v = ($1::numeric[])[_id + 1] as same, count(*)::int as n from extremos group by 1', [written]);
    expect(rows).toEqual([{ same: true, n: 5 }]);
  });

  test('a column that no document has is NULL, and all of it missing', async () => {
    const extracted = await extractHere(session, 'ausente', { collection: 'int', columns: ['_id', 'nada'] });
    expect(fieldsOf(extracted.resource)[1]).toMatchObject({ type: 'string', sourceType: 'missing', counts: { nulls: 4, missing: 4 } });
    await expectLoads(extracted, target);
  });

  test('dates beyond those of JavaScript are whole, and special', async () => {
    const extracted = await extractHere(session, 'lejanas', {});
    expect(readCsv(extracted.text).records).toEqual([
      ['0', '+292278994-08-17T07:12:55.807Z'],
      ['1', '-292275055-05-16T16:47:04.192Z'],
      ['2', '+275795-07-17T19:53:47.776Z'],
    ]);
    expect(fieldsOf(extracted.resource)[1]).toMatchObject({ type: 'datetime', sourceType: 'date', counts: { special: 3, lossy: 0 } });
    await expectLoads(extracted, target);
  });

  test('fields of a document keep their order, and a reference its name', async () => {
    const { text } = await extractHere(session, 'orden', { columns: ['d', 'ref', 'ref.$id'] });
    expect(readCsv(text).records).toEqual([['{"b":1,"10":2,"2":3}', '{"$ref":"medicos.viejos","$id":7}', '7']]);
  });

  test('a field that a document has twice is counted, and refused by strict', async () => {
    const { resource, text } = await extractHere(session, 'dobles campos', {});
    expect(readCsv(text).records).toEqual([
      ['1', 'segunda', '{"x":2}'],
      ['2', 'unica', '{"x":3}'],
    ]);
    expect(fieldsOf(resource).map(({ counts }) => (counts as { lossy: number }).lossy)).toEqual([0, 1, 1]);
    await expect(extractHere(session, 'dobles campos', { strict: true })).rejects.toMatchObject({ code: 'VALUE_LOSSY', details: { key: { _id: '1' } } });
  });

  test('a sample is about its share of the documents, each whole, beside filter, order and limit', async () => {
    const drawn = readCsv((await extractHere(session, 'muestra', { sample: 10 })).text);
    // Ten standard deviations and more.
    expect(drawn.records.length).toBeGreaterThan(1_500);
    expect(drawn.records.length).toBeLessThan(2_500);
    // The columns are those of all documents.
    expect(drawn.header).toEqual(['_id', 'n', 'v', 'raro']);
    const whole = drawn.records.map(([id]) => [id, String(Number(id) * 7), `v${id}`, Number(id) % 1_000 === 0 ? 'true' : null]);
    expect(drawn.records).toEqual(whole);
    expect(new Set(drawn.records.map(([id]) => id)).size).toBe(drawn.records.length);
    const again = readCsv((await extractHere(session, 'muestra', { sample: 10 })).text);
    expect(again.records).not.toEqual(drawn.records);

    const columns = ['_id'];
    const filter = { _id: { $lt: 10_000 } };
    const few = readCsv((await extractHere(session, 'muestra', { columns, filter, sort: { _id: -1 }, sample: 10, limit: 50 })).text).records.map(([id]) =>
      Number(id),
    );
    expect(few).toHaveLength(50);
    expect(few).toEqual(few.toSorted((a, b) => b - a));
    expect(few[0]).toBeLessThan(10_000);
    // Out of every tenth document or so, fifty reach far.
    expect(few.at(-1)).toBeLessThan(9_800);
    expect(readCsv((await extractHere(session, 'muestra', { columns, sample: 100 })).text).records).toHaveLength(20_000);
  });

  test('flattened, nested documents are columns: every value is where it was, and none is twice', async () => {
    const extracted = await extractHere(session, 'anidados', { flatten: true });
    const { header, records } = readCsv(extracted.text);
    expect(header).toEqual(['_id', 'd', 'd.calle', 'd.geo', 'd.geo.x', 'd.lotes', 'd.n']);
    expect(records).toEqual([
      ['1', null, 'Sol', null, '0.5', null, null],
      ['2', '{}', null, null, null, null, null],
      ['3', 'sin calle', null, null, null, null, null],
      ['4', null, null, '{}', null, '[{"n":1}]', '9007199254740993'],
      ['5', null, null, null, null, null, null],
    ]);
    expect(extracted.resource.omittedColumns).toEqual(['d.pin', 'credenciales.api']);
    expect(fieldsOf(extracted.resource).map(({ sourceType }) => sourceType)).toEqual([
      'int',
      'object|string',
      'null|string',
      'object',
      'double',
      'array',
      'long',
    ]);
    expect(fieldsOf(extracted.resource).map(({ counts }) => (counts as { missing: number }).missing)).toEqual([0, 3, 3, 4, 4, 4, 4]);
    await expectLoads(extracted, target);

    const without = await extractHere(session, 'anidados', { flatten: true, exclude: ['d.geo', 'd.lotes'] });
    expect(readCsv(without.text).header).toEqual(['_id', 'd', 'd.calle', 'd.n']);
    await expect(extractHere(session, 'puntos', { flatten: true })).rejects.toMatchObject({
      code: 'QUERY_INVALID',
      message: expect.stringContaining('"a.b" and "a" > "b" would both be the column "a.b"'),
    });
    expect(readCsv((await extractHere(session, 'puntos', { flatten: true, exclude: ['a.b'] })).text).header).toEqual(['_id', 'a', "l'eau", 'x\ny']);
  });

  test('a plan shows the flattened columns of some documents', async () => {
    const { host, port, user, password } = server.fromHere;
    const planning = await connectJob(
      mongodb,
      { MONGO_HOST: host, MONGO_PORT: String(port), MONGO_USER: user, MONGO_PASSWORD: password, MONGO_DATABASE: 'corpus' },
      'plan',
    );
    try {
      const { columns } = await planning.plan('anidados', { flatten: true, exclude: ['d.geo'] });
      expect(columns.map(({ name, sourceType }) => `${name}: ${sourceType}`)).toEqual([
        '_id: int',
        'd: object|string',
        'd.calle: null|string',
        'd.lotes: array',
        'd.n: long',
      ]);
    } finally {
      await planning.close();
    }
  });
});
