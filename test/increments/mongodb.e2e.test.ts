import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BSON, type MongoClient } from 'mongodb';
import { mongodb } from '../../jobs/mongodb/src/job.ts';
import { MongoServer } from '../support/mongo-server.ts';
import { type IncrementSource, readerOf, tryCounting, tryIncrements, tryLag } from './steps.ts';

const ejson = (text: string): unknown => (BSON.EJSON.parse(`{"v":${text}}`, { relaxed: false }) as { v: unknown }).v;

const date = (text: string): string => `{"$date":{"$numberLong":"${Date.parse(text)}"}}`;
const long = (value: string): string => `{"$numberLong":"${value}"}`;

describe('increments of MongoDB', () => {
  let server: MongoServer;
  let client: MongoClient;
  const keyed = new Set<string>();
  const read = readerOf(mongodb, () => {
    const { host, port, user, password } = server.fromHere;
    return { MONGO_HOST: host, MONGO_PORT: String(port), MONGO_USER: user, MONGO_PASSWORD: password, MONGO_DATABASE: 'incrementos' };
  });
  const source: IncrementSource = {
    create: async (table, _type, { key = false } = {}) => {
      if (key) keyed.add(table);
      await client.db('incrementos').createCollection(table);
    },
    insert: async (table, rows) => {
      for (const [id, value] of rows) {
        const c = value === null ? {} : { [keyed.has(table) ? '_id' : 'c']: ejson(value) };
        await client
          .db('incrementos')
          .collection(table)
          .insertOne({ id, ...c });
      }
    },
    remove: async (table, id) => void (await client.db('incrementos').collection(table).deleteOne({ id })),
    read: (table, incremental, state) =>
      read(table, { columns: ['id', 'c'], incremental: keyed.has(table) ? { ...incremental, cursor: '_id' } : incremental }, state),
    ago: (type, seconds) => {
      const then = Date.now() - seconds * 1_000;
      return type === 'date'
        ? `{"$date":{"$numberLong":"${Math.floor(then)}"}}`
        : `{"$oid":"${BSON.ObjectId.createFromTime(Math.floor(then / 1_000)).toHexString()}"}`;
    },
  };

  beforeAll(async () => {
    server = await MongoServer.start('replica set');
    client = await server.connect();
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  tryIncrements(
    () => source,
    [
      ['int and long', ['{"$numberInt":"1"}', long('7'), long('9007199254740993')], { $numberLong: '7' }],
      ['date', [date('2024-12-31'), date('2025-01-01T00:00:00.001Z'), date('2025-01-02')], { $date: { $numberLong: '1735689600001' } }],
      ['string', ['"a"', '"ñ"', '"ñz"'], 'ñ'],
      [
        'objectId',
        ['{"$oid":"000000000000000000000001"}', '{"$oid":"650000000000000000000000"}', '{"$oid":"ffffffffffffffffffffffff"}'],
        { $oid: '650000000000000000000000' },
      ],
    ],
  );
  tryLag(
    () => source,
    [
      ['date', 3_600],
      ['objectId', 3_600],
    ],
  );
  tryCounting(() => source, 'long');

  test('documents whose field is of no type for a cursor come with everything, and a text takes no lag', async () => {
    const collection = client.db('incrementos').collection('mezcla');
    await collection.insertMany([{ id: 1, c: true }, { id: 2, c: [new Date(0)] }, { id: 3, c: { a: 1 } }, { id: 4, c: new Date('2025-01-01') }, { id: 5 }]);
    const first = await read('mezcla', { columns: ['id'], incremental: { cursor: 'c' } });
    expect(first.ids).toEqual([1, 2, 3, 4, 5]);
    await collection.insertMany([
      { id: 6, c: new Date('2025-01-02') },
      { id: 7, c: 'texto' },
    ]);
    // As in every query of MongoDB, a date is compared with dates.
    expect((await read('mezcla', { columns: ['id'], incremental: { cursor: 'c' }, filter: { id: { $ne: 7 } } }, first.resource.state)).ids).toEqual([4, 6]);
    await client.db('incrementos').collection('textos').insertOne({ id: 1, c: 'a' });
    await expect(read('textos', { incremental: { cursor: 'c', lag: 5 } })).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  });

  test('a filter and a nested field', async () => {
    await client
      .db('incrementos')
      .collection('anidado')
      .insertMany([
        { id: 1, m: { en: 10 }, t: 'a' },
        { id: 2, m: { en: 20 }, t: 'b' },
        { id: 3, m: { en: 30 }, t: 'a' },
      ]);
    const first = await read('anidado', { columns: ['id'], filter: { t: 'a', id: { $lt: 3 } }, incremental: { cursor: 'm.en' } });
    expect(first).toMatchObject({ ids: [1], resource: { state: { cursor: 'm.en', value: { $numberLong: '10' } } } });
    expect((await read('anidado', { incremental: { cursor: 'm.en' } }, first.resource.state)).resource.rows).toBe(3);
  });
});
