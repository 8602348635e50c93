import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { BSON } from 'mongodb';
import type { RowDataPacket } from 'mysql2';
import { loadMongo, loadMysql } from '../scripts/demo/pharmavida.ts';
import { readCsv } from './support/csv.ts';
import { nothingLeft } from './support/docker.ts';
import { type Answer, TestGateway } from './support/gateway.ts';
import { MongoServer } from './support/mongo-server.ts';
import { MysqlServer } from './support/mysql-server.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase } from './support/stack.ts';
import { expectLoads, spellAlike } from './corpus/holds.ts';
import { problemsOfPackage } from './support/data-package.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const DATABASE = 'pharmavida_db';
const PIPELINES = ['postgresql', 'mysql', 'mongodb'];

type Result = Record<string, { url: string; registros: number }>;
type Value = string | number | null;

describe('PharmaVida whole: three databases at once, six CSVs', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let mysql: MysqlServer;
  let mongo: MongoServer;
  const answers = new Map<string, Answer>();

  beforeAll(async () => {
    const sql = ['01-schema.sql', '02-data.sql'].map((file) => readFile(`${ROOT}examples/pharmavida/postgresql/${file}`, 'utf8'));
    const [made, postgres, mysqlServer, mongoServer] = await Promise.all([
      newBucket('six'),
      Promise.all(sql).then((scripts) => newDatabase('six', ...scripts)),
      MysqlServer.start('mysql'),
      MongoServer.start('replica set'),
    ]);
    [bucket, mysql, mongo] = [made, mysqlServer, mongoServer];
    await mysql.using(undefined, (connection) => connection.query(`create database ${DATABASE}`));
    await Promise.all([loadMysql({ ...mysql.fromHere, database: DATABASE }), loadMongo({ ...mongo.fromHere, database: DATABASE })]);
    const pipelines = PIPELINES.map(async (name) => [name, await readFile(`${ROOT}pipelines/${name}.yaml`, 'utf8')] as const);
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database: postgres,
      pipelines: Object.fromEntries(await Promise.all(pipelines)),
      environment: { ...mysql.environment, ...mongo.environment, MYSQL_DATABASE: DATABASE, MONGO_DATABASE: DATABASE },
    });
    await Promise.all(PIPELINES.map(async (name) => answers.set(name, await gateway.post(name))));
  }, 240_000);

  afterAll(async () => {
    await gateway.stop();
    await Promise.all([mysql.stop(), mongo.stop()]);
  });

  const resultOf = (pipeline: string): Result => (answers.get(pipeline)?.body['result'] ?? {}) as Result;
  const csvOf = async (pipeline: string, dataset: string): Promise<ReturnType<typeof readCsv>> =>
    readCsv(await bucket.text(keyOf(resultOf(pipeline)[dataset]?.url ?? '')));

  test("each answers the seed's JSON, with its database and its datasets", () => {
    const found = PIPELINES.map((name) => [answers.get(name)?.status, answers.get(name)?.body['database'], Object.keys(resultOf(name))]);
    expect(found).toEqual([
      [200, 'postgresql', ['productos', 'ofertas_completo']],
      [200, 'mysql', ['users', 'compras']],
      [200, 'mongodb', ['medicos', 'recetas']],
    ]);
    for (const name of PIPELINES) {
      for (const [dataset, { url }] of Object.entries(resultOf(name))) {
        expect(url).toMatch(new RegExp(`^s3://${bucket.name}/${name}/${dataset}_\\d{8}_\\d{6}\\.csv$`));
      }
    }
  });

  test('every one is of one snapshot', async () => {
    const manifests = (await bucket.commits()).map(({ commit }) => commit as Manifest);
    expect(manifests.map(({ job, snapshot }) => `${job}: ${snapshot.consistency}`).toSorted()).toEqual([
      'mongodb: snapshot',
      'mysql: snapshot',
      'postgresql: snapshot',
    ]);
  });

  test.each(PIPELINES)('every file of %s is loaded by the lines of its manifest, which is a Data Package', async (name) => {
    const manifest = (await bucket.commits()).map(({ commit }) => commit as Manifest).find(({ job }) => job === name);
    if (manifest === undefined) throw new Error('there is no manifest');
    expect(await problemsOfPackage(manifest)).toEqual([]);
    expect(manifest).toMatchObject({ name, jobImage: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), snapshot: { takenAt: expect.any(String) } });
    const folder = await mkdtemp(join(tmpdir(), 'esclusa-load-'));
    const client = await connectTo(await newDatabase(`carga_${name}`));
    await spellAlike(client);
    for (const resource of manifest.resources) {
      const file = join(folder, `${resource.name}.csv`);
      const bytes = await bucket.bytes(String(resource.path));
      await writeFile(file, bytes);
      await expectLoads({ resource, files: [file], text: bytes.toString('utf8') }, client);
    }
    await client.end();
    await rm(folder, { recursive: true });
  });

  test('the latest manifest of each pipeline is that of its run', async () => {
    for (const name of PIPELINES) {
      const latest = JSON.parse(await bucket.text(`_esclusa/latest/${name}.json`)) as Manifest;
      expect(latest.run).toBe(answers.get(name)?.body['run']);
      expect(answers.get(name)?.body).toMatchObject({
        manifest: `s3://${bucket.name}/_esclusa/commits/${latest.run}/1.json`,
        snapshot: { consistency: 'snapshot' },
      });
    }
  });

  test.each(['users', 'compras'])("mysql's %s equals its source, value by value, as the server's own JSON says", async (dataset) => {
    const { header, records } = await csvOf('mysql', dataset);
    const manifest = (await bucket.commits()).map(({ commit }) => commit as Manifest).find(({ job }) => job === 'mysql');
    const columns = (manifest === undefined ? undefined : resourceOf(manifest, dataset)?.schema?.fields) ?? [];
    expect(header).toEqual(columns.map(({ name }) => name));
    const read = records.map((record) => record.map((value, index) => typed(value, columns[index]?.sourceType ?? '')));

    const query =
      dataset === 'users'
        ? 'select * from users order by id'
        : `select c.id as compra_id, c.fecha, c.estado, c.metodo_pago, c.total, c.direccion_entrega, c.observaciones, c.entregado_en,
             u.id as user_id, u.dni, u.nombre, u.apellido, p.linea, p.producto_id, p.nombre as producto, p.cantidad, p.precio_unitario, p.descuento
           from compra_productos p join compras c on c.id = p.compra_id join users u on u.id = c.user_id order by c.id, p.linea`;
    const source = await mysql.using(DATABASE, async (connection) => {
      await connection.query("set time_zone = '+00:00'");
      const list = header.map((name) => `\`${name}\``).join(', ');
      const [rows] = await connection.query<RowDataPacket[]>(`select json_array(${list}) as j from (${query}) as r`);
      return rows.map(({ j }) => (typeof j === 'string' ? JSON.parse(j) : j) as Value[]);
    });
    const sorted = (rows: Value[][]): string[] =>
      rows.map((row) => JSON.stringify(row.map((value, index) => (value === null ? null : typed(String(value), columns[index]?.sourceType ?? ''))))).toSorted();
    expect(sorted(read)).toEqual(sorted(source));
    expect(records.length).toBeGreaterThan(2_000);
  });

  test.each(['medicos', 'recetas'])("mongodb's %s equals its source, value by value, as a plain find gives it", async (dataset) => {
    const { header, records } = await csvOf('mongodb', dataset);
    const paths = await pathsOf(dataset);
    expect(header).toEqual(paths.map(({ name }) => name));
    const documents = await mongo.using(DATABASE, (db) => db.collection(dataset).find({}, { promoteLongs: false }).toArray());
    const expected = documents.map((document) => paths.map(({ path }) => expectedText(path.split('.').reduce<unknown>(step, document))));
    expect(comparable(records)).toEqual(comparable(expected));
    expect(records).toHaveLength(resultOf('mongodb')[dataset]?.registros ?? -1);
  });

  test('no file, manifest or ledger entry holds a password', async () => {
    const keys = await bucket.keys();
    const [hash] = await mysql.using(DATABASE, async (connection) => (await connection.query<RowDataPacket[]>('select password from users limit 1'))[0]);
    const text = (await Promise.all(keys.map((key) => bucket.text(key)))).join('\n');
    expect(text).not.toContain(String(hash?.['password']));
    expect(text).not.toMatch(/(^|,)password(,|\n)/m);
    for (const { MYSQL_PASSWORD: one = '', MONGO_PASSWORD: other = '' } of [{ ...mysql.environment, ...mongo.environment }]) {
      for (const secret of [one, other, JSON.stringify(one).slice(1, -1)]) expect(text.includes(secret)).toBe(false);
    }
  });

  test("each database's health is asked of its job, and told with its age", async () => {
    const { status, body } = await gateway.request('GET', '/api/ingesta/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'healthy',
      databases: {
        postgresql: { status: 'healthy', source: { server: 'PostgreSQL' }, ageSeconds: expect.any(Number) },
        mysql: { status: 'healthy', source: { server: 'MySQL' }, ageSeconds: expect.any(Number) },
        mongodb: { status: 'healthy', source: { server: 'MongoDB' }, ageSeconds: expect.any(Number) },
      },
    });
  }, 60_000);

  test('nothing of ours is left', async () => {
    await nothingLeft(gateway.installation, bucket);
  });
});

/** A CSV value as JSON would say it, by MySQL's type of its column. */
function typed(value: string | null, type: string): Value {
  if (value === null) return null;
  if (/^(bigint|int|smallint|mediumint|tinyint|decimal|double|float)/.test(type)) return Number(value);
  // JSON always has six digits of a second.
  if (/^(datetime|timestamp)/.test(type)) return value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return value;
}

/** The columns of a collection's dataset in the pipeline, read without our own code. */
async function pathsOf(dataset: string): Promise<{ name: string; path: string }[]> {
  const yaml = await readFile(`${ROOT}pipelines/mongodb.yaml`, 'utf8');
  const section = yaml.split(`  ${dataset}:\n    columns:\n`)[1]?.split(/\n {2}\w/)[0] ?? '';
  return [...section.matchAll(/^ {6}- (?:\{ path: (\S+), name: (\S+) \}|(\S+))/gm)].map(([, path = '', name = '', both]) => ({
    path: both ?? path,
    name: both ?? name,
  }));
}

function step(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** What the text of a value must be, written down once more. */
function expectedText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  if ('_bsontype' in value) return (value as { toString(): string }).toString();
  return BSON.EJSON.stringify(value, { relaxed: true });
}

/** Records in an order that does not depend on the source's. */
function comparable(records: (string | null)[][]): string[] {
  return records.map((record) => JSON.stringify(record.map(normalised))).toSorted();
}

/** JSON texts are equal if their values are. */
function normalised(text: string | null): unknown {
  return text !== null && /^[[{]/.test(text) ? (JSON.parse(text) as unknown) : text;
}
