import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase, unique } from './support/stack.ts';

const TABLES = [
  'create table clientes (id integer primary key, nombre text)',
  `insert into clientes values (1, 'Zoë'), (2, E'Pe\\361a'), (3, 'Ana')`,
  'create table tiendas as select g as id from generate_series(1, 5) as g',
];

/** A database that lets any byte into a text. */
async function newAsciiDatabase(name: string): Promise<string> {
  const database = unique(name).replaceAll('-', '_');
  const admin = await connectTo('postgres');
  await admin.query(`create database ${database} encoding 'SQL_ASCII' locale 'C' template template0`);
  await admin.end();
  const client = await connectTo(database);
  await client.query("set client_encoding = 'SQL_ASCII'");
  for (const statement of TABLES) await client.query(statement);
  await client.end();
  return database;
}

/** One that holds such bytes and calls them UTF-8, as an old one does that was moved without a look at them. */
async function newBrokenDatabase(name: string): Promise<string> {
  const database = await newAsciiDatabase(name);
  const admin = await connectTo('postgres');
  await admin.query("update pg_database set encoding = pg_char_to_encoding('UTF8') where datname = $1", [database]);
  await admin.end();
  return database;
}

describe('bytes at the source that are no UTF-8', () => {
  let bucket: TestBucket;
  let gateway: TestGateway;

  beforeAll(async () => {
    const [made, broken, ascii, whole] = await Promise.all([
      newBucket('strict'),
      newBrokenDatabase('roto'),
      newAsciiDatabase('ascii'),
      newDatabase('entero', ...TABLES.map((sql) => sql.replace('\\361', 'ñ'))),
    ]);
    bucket = made;
    const datasets = 'datasets:\n  tiendas:\n  clientes:\n';
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database: broken,
      pipelines: {
        suelto: `job: postgresql\n${datasets}`,
        estricto: `job: postgresql\n${datasets}    strict: true\n`,
        'estricto-por-defecto': `job: postgresql\ndefaults: { strict: true }\n${datasets}`,
        'sin-columna': `job: postgresql\ndefaults: { strict: true }\n${datasets}    exclude: [nombre]\n`,
        entero: `job: postgresql\ndefaults: { strict: true }\nsource: { POSTGRES_DATABASE: ${whole} }\n${datasets}`,
        ascii: `job: postgresql\nsource: { POSTGRES_DATABASE: ${ascii} }\n${datasets}`,
      },
      environment: { MAX_ATTEMPTS: '3' },
    });
  });

  afterAll(() => gateway.stop());

  test('are U+FFFD in the file, and counted in answer, run and manifest', async () => {
    const { status, body } = await gateway.post('suelto');
    expect({ status, result: body['result'] }).toMatchObject({ status: 200, result: { clientes: { registros: 3, lossy: 1 }, tiendas: { lossy: 0 } } });
    const { url } = (body['result'] as Record<string, { url: string }>)['clientes'] ?? { url: '' };
    expect(await bucket.text(keyOf(url))).toBe('id,nombre\n1,Zoë\n2,Pe\ufffda\n3,Ana\n');
    const manifest = JSON.parse(await bucket.text(keyOf(String(body['manifest'])))) as Manifest;
    expect(resourceOf(manifest, 'clientes')).toMatchObject({
      lossy: 1,
      losses: ['nombre: holds bytes that are no UTF-8, each of which is U+FFFD in the file'],
      schema: {
        fields: [
          { name: 'id', counts: { lossy: 0 } },
          { name: 'nombre', counts: { lossy: 1 } },
        ],
      },
    });
    expect(resourceOf(manifest, 'tiendas')).not.toHaveProperty('losses');
    await nothingLeft(gateway.installation, bucket);
    expect((await gateway.request('GET', `/api/runs/${String(body['run'])}`)).body).toMatchObject({ result: { clientes: { lossy: 1 } } });
  });

  test.each(['estricto', 'estricto-por-defecto'])(
    'end a strict run (%s) with row, key and column; nothing of it is visible, and it is not tried again',
    async (pipeline) => {
      const { status, body } = await gateway.post(pipeline);
      expect(status).toBe(502);
      expect(body).toMatchObject({
        code: 'VALUE_LOSSY',
        details: { dataset: 'clientes', row: 2, key: { id: '2' }, column: 'nombre' },
        attempts: [{ attempt: 1, state: 'aborted', exitStatus: 65, code: 'VALUE_LOSSY' }],
      });
      expect(body['detail']).toMatch(/"clientes", row 2 \(id = 2\), column "nombre".*leave the column or the row out/);
      await nothingLeft(gateway.installation, bucket);
      const run = (await gateway.request('GET', `/api/runs/${String(body['run'])}`)).body;
      expect(run).toMatchObject({ state: 'failed', attempts: [{ exitStatus: 65 }], error: { code: 'VALUE_LOSSY', details: { row: 2, key: { id: '2' } } } });
      expect(run).not.toHaveProperty('result');
      // Not even of the dataset before it, which was read whole.
      expect((await bucket.dataKeys()).filter((key) => key.startsWith(`${pipeline}/`))).toEqual([]);
      expect(await bucket.keys(`_esclusa/latest/${pipeline}.json`)).toEqual([]);
    },
  );

  test.each([
    ['whose column is left out', 'sin-columna'],
    ['that are none', 'entero'],
  ])('%s do not keep a strict run from succeeding', async (_, pipeline) => {
    const { status, body } = await gateway.post(pipeline);
    expect({ status, result: body['result'] }).toMatchObject({ status: 200, result: { clientes: { registros: 3, lossy: 0 } } });
  });

  test('of a database in SQL_ASCII, whose server would refuse to call them UTF-8, are counted alike', async () => {
    const { status, body } = await gateway.post('ascii');
    expect({ status, result: body['result'] }).toMatchObject({ status: 200, result: { clientes: { registros: 3, lossy: 1 }, tiendas: { lossy: 0 } } });
    const { url } = (body['result'] as Record<string, { url: string }>)['clientes'] ?? { url: '' };
    expect(await bucket.text(keyOf(url))).toBe('id,nombre\n1,Zoë\n2,Pe\ufffda\n3,Ana\n');
  });
});
