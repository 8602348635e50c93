import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { Decimal128, type Document, Long, ObjectId } from 'mongodb';
import { Losses } from '../jobs/kit/src/losses.ts';
import { mongodb } from '../jobs/mongodb/src/job.ts';
import { type ByHand, type Ended, published, requestFor, runByHand } from './support/by-hand.ts';
import { readCsv } from './support/csv.ts';
import { MongoServer } from './support/mongo-server.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { newBucket, unique } from './support/stack.ts';

describe.each(['replica set', 'standalone'] as const)('the MongoDB job, run by docker run, on a %s', (kind) => {
  let server: MongoServer;
  let bucket: TestBucket;

  beforeAll(async () => {
    [server, bucket] = await Promise.all([MongoServer.start(kind), newBucket('mongodb')]);
  }, 180_000);

  afterAll(async () => {
    await server.stop();
  });

  /** A new database with these collections, and the job's settings for it. */
  async function database(name: string, collections: Readonly<Record<string, readonly Document[]>>): Promise<Record<string, string>> {
    await server.using(name, async (db) => {
      for (const [collection, documents] of Object.entries(collections)) {
        await db.createCollection(collection);
        if (documents.length > 0) await db.collection(collection).insertMany(documents.map((document) => ({ ...document })));
      }
    });
    return { ...server.environment, MONGO_DATABASE: name };
  }

  const start = (settings: Record<string, string>, datasets?: Record<string, object>): ByHand =>
    runByHand('mongodb', bucket.name, { ...settings, ...(datasets === undefined ? {} : { ESCLUSA_REQUEST: requestFor(bucket.name, datasets) }) });
  const manifestOf = async (ended: Ended): Promise<Manifest> => {
    published(ended);
    return JSON.parse(await bucket.text((ended.final as { commitKey: string }).commitKey)) as Manifest;
  };

  test('without a request: every collection, its columns those of all its documents, passwords left out', async () => {
    const first = new ObjectId('65a000000000000000000001');
    const settings = await database('a_mano', {
      usuarios: [
        { _id: first, nombre: 'Zoë 😀', password: 'canary-a1' },
        { _id: new ObjectId('65a000000000000000000002'), nombre: null, clave_producto: '', saldo: Long.fromString('9007199254740993') },
      ],
      vacia: [],
      'con espacio': [{ _id: first, 'campo,raro': 1 }],
    });
    const ended = await start(settings).ended;
    const datasets = published(ended);
    expect(Object.keys(datasets).toSorted()).toEqual(['con_espacio', 'usuarios', 'vacia']);
    expect(datasets['usuarios']?.url).toMatch(new RegExp(`^s3://${bucket.name}/mongodb/usuarios_\\d{8}_\\d{6}\\.csv$`));
    const { header, records } = readCsv(await bucket.text(keyOf(datasets['usuarios']?.url ?? '')));
    expect(header).toEqual(['_id', 'nombre', 'clave_producto', 'saldo']);
    expect(records.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
      ['65a000000000000000000001', 'Zoë 😀', null, null],
      ['65a000000000000000000002', null, '', '9007199254740993'],
    ]);
    expect(await bucket.text(keyOf(datasets['vacia']?.url ?? ''))).toBe('_id\n');
    expect(await bucket.text(keyOf(datasets['con_espacio']?.url ?? ''))).toBe('_id,"campo,raro"\n65a000000000000000000001,1\n');
    const manifest = await manifestOf(ended);
    expect(resourceOf(manifest, 'usuarios')).toMatchObject({
      omittedColumns: ['password'],
      schema: {
        fields: [
          { name: '_id', type: 'string', sourceType: 'objectId' },
          { name: 'nombre', type: 'string', sourceType: 'null|string', counts: { nulls: 1, missing: 0 } },
          { name: 'clave_producto', type: 'string', sourceType: 'string', counts: { nulls: 1, missing: 1, emptyStrings: 1 } },
          { name: 'saldo', type: 'integer', sourceType: 'long', counts: { nulls: 1, missing: 1 } },
        ],
      },
    });
    expect(JSON.stringify(await Promise.all((await bucket.keys()).map((key) => bucket.text(key))))).not.toContain('canary-');
  });

  test('an empty database is refused: success without a file would mislead', async () => {
    const { status, final } = await start({ ...server.environment, MONGO_DATABASE: 'vacia' }).ended;
    expect({ status, final }).toMatchObject({ status: 66, final: { code: 'DATASET_NOT_FOUND' } });
  });

  test('dotted paths, names, a filter of Extended JSON, an order; a column that no document has is said', async () => {
    const settings = await database('rutas', {
      recetas: [
        receta(0, { paciente: { dni: '00000001' }, productos: [{ id: 1, nombre: 'a' }, { id: 2 }] }),
        receta(1, { paciente: {}, productos: [] }),
        receta(2, { paciente: null }),
      ],
    });
    const columns = ['n', { name: 'dni', path: 'paciente.dni' }, 'paciente', 'productos.id', { name: 'primero', path: 'productos.0.nombre' }, 'precio', 'nada'];
    const filter = { emitida: { $gte: { $date: '2025-01-01T00:00:00Z' }, $lt: { $date: '2025-03-01T00:00:00Z' } } };
    const ended = await start(settings, { recetas: { columns, filter, sort: { n: -1 } } }).ended;
    published(ended);
    const { header, records } = readCsv(await bucket.text('out/recetas.csv'));
    expect(header).toEqual(['n', 'dni', 'paciente', 'productos.id', 'primero', 'precio', 'nada']);
    expect(records).toEqual([
      ['1', null, '{}', '[]', null, '1.50', null],
      ['0', '00000001', '{"dni":"00000001"}', '[1,2]', 'a', '0.50', null],
    ]);
    expect(ended.stderr).toMatch(/no document has nada/);
  });

  test.each<[string, object, number, string]>([
    ['a collection that is not there', { collection: 'nada' }, 66, 'DATASET_NOT_FOUND'],
    ['an unknown operator', { collection: 'c', columns: ['a'], filter: { a: { $nada: 1 } } }, 64, 'QUERY_INVALID'],
    ['a filter that is no Extended JSON', { collection: 'c', columns: ['a'], filter: { a: { $oid: 'x' } } }, 64, 'QUERY_INVALID'],
    ['a column twice', { collection: 'c', columns: ['a', { name: 'a', path: 'b' }] }, 64, 'QUERY_INVALID'],
    ['an unknown field', { table: 'c' }, 64, 'REQUEST_INVALID'],
  ])('%s ends with its own code and status', async (_, dataset, status, code) => {
    await server.using('malas', (db) => db.collection('c').insertOne({ a: 1 }));
    const ended = await start({ ...server.environment, MONGO_DATABASE: 'malas' }, { x: dataset }).ended;
    expect({ status: ended.status, final: ended.final }).toMatchObject({ status, final: { type: 'error', code } });
    expect(await bucket.uploads()).toEqual([]);
  });

  test('MONGO_URL stands for host, user and password, and never shows', async () => {
    const { MONGO_HOST: host, MONGO_USER: user = '', MONGO_PASSWORD: password = '', MONGO_DATABASE } = await database('url', { c: [{ a: 1 }] });
    const url = (secret: string): string => `mongodb://${user}:${encodeURIComponent(secret)}@${host}:27017/?authSource=admin&directConnection=true`;
    const good = await start({ MONGO_URL: url(password), MONGO_DATABASE: MONGO_DATABASE ?? '' }, { por_url: { collection: 'c', columns: ['a'] } }).ended;
    expect(published(good)['por_url']?.rows).toBe(1);
    const bad = await start({ MONGO_URL: url('canary-wrong'), MONGO_DATABASE: MONGO_DATABASE ?? '' }, { x: { collection: 'c' } }).ended;
    expect(bad).toMatchObject({ status: 77, final: { code: 'SOURCE_REFUSED', message: expect.stringContaining(String(host)) } });
    expect(JSON.stringify(bad)).not.toContain('canary-wrong');
  });

  test('the snapshot: one over two collections where the server keeps it, none and a warning where it does not', async () => {
    const accounts = Array.from({ length: 2_000 }, (_, n) => ({ _id: n as unknown as ObjectId, saldo: 100 }));
    const settings = await database('saldos', { antes: accounts, despues: accounts });
    const done = new AbortController();
    // Money moves between the two collections all the time; together they always hold the same.
    const moves = server.using('saldos', async (db) => {
      for (let n = 0; !done.signal.aborted; n++) {
        await db.collection('antes').bulkWrite([{ updateOne: { filter: { _id: (n % 2_000) as unknown as ObjectId }, update: { $inc: { saldo: 1 } } } }]);
        await db.collection('despues').bulkWrite([{ updateOne: { filter: { _id: (n % 2_000) as unknown as ObjectId }, update: { $inc: { saldo: -1 } } } }]);
      }
    });
    const [one, other] = [unique('antes'), unique('despues')];
    const ended = await start(settings, { [one]: { collection: 'antes', columns: ['saldo'] }, [other]: { collection: 'despues', columns: ['saldo'] } }).ended;
    done.abort();
    await moves;
    const { snapshot } = await manifestOf(ended);
    if (kind === 'replica set') {
      expect(snapshot).toMatchObject({ consistency: 'snapshot', clusterTime: { t: expect.any(Number), i: expect.any(Number) } });
      // One of the two moves may be done and the other not.
      expect(Math.abs((await sum(bucket, one)) + (await sum(bucket, other)) - 400_000)).toBeLessThanOrEqual(1);
    } else {
      expect(snapshot).toMatchObject({ consistency: 'none', why: expect.stringContaining('replica set') });
      expect(ended.stderr).toMatch(/keeps no snapshots/);
    }
  });

  test('MONGO_CONSISTENCY=require is kept, or refused with what mends it', async () => {
    const settings = { ...(await database('exigente', { c: [{ a: 1 }] })), MONGO_CONSISTENCY: 'require' };
    const ended = await start(settings, { [unique('exigente')]: { collection: 'c', columns: ['a'] } }).ended;
    if (kind === 'replica set') expect(ended.status).toBe(0);
    else
      expect(ended).toMatchObject({ status: 78, final: { code: 'CONFIG_INVALID', message: expect.stringMatching(/replica set.*MONGO_CONSISTENCY=prefer/) } });
  });
});

test("a snapshot that the server has let go of is told with the server's own setting, and worth another attempt", async () => {
  const server = await MongoServer.start('replica set', ['--setParameter', 'minSnapshotHistoryWindowInSeconds=1']);
  try {
    await server.using('pharmavida', (db) => db.collection('c').insertOne({ a: 1 }));
    const { host, port, user, password } = server.fromHere;
    const settings = { MONGO_HOST: host, MONGO_PORT: String(port), MONGO_USER: user, MONGO_PASSWORD: password, MONGO_DATABASE: 'pharmavida' };
    const output = { log: () => undefined, progress: () => undefined, final: async () => undefined };
    const { signal } = new AbortController();
    const session = await mongodb.connect({ settings, mode: 'run', applicationName: 'esclusa expired/1', signal, output });
    const plan = await session.plan('c', { columns: ['a'] });
    await sleep(3_000);
    const reading = (async () => {
      for await (const chunk of plan.read(new Losses('c', false))) expect(chunk).toBeUndefined();
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'SNAPSHOT_EXPIRED',
      retryable: true,
      message: expect.stringContaining('minSnapshotHistoryWindowInSeconds'),
    });
    await session.close();
  } finally {
    await server.stop();
  }
});

function receta(n: number, more: object): Document {
  return { n, emitida: new Date(Date.UTC(2025, n, 1)), precio: Decimal128.fromString(`${n}.50`), ...more };
}

/** Sum of a dataset's one column. */
async function sum(bucket: TestBucket, dataset: string): Promise<number> {
  return readCsv(await bucket.text(`out/${dataset}.csv`)).records.reduce((total, [saldo]) => total + Number(saldo), 0);
}
