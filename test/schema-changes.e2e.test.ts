import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Manifest, type SchemaPolicy, resourceOf } from '@esclusa/contract';
import type pg from 'pg';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { MongoServer } from './support/mongo-server.ts';
import type { TestBucket } from './support/s3.ts';
import { connectTo, newBucket, newDatabase } from './support/stack.ts';

const POLICIES = ['allow', 'additive', 'fail'] as const;

/** What is done to the table between two runs, what is told of it, and by which policies it is refused. */
const CHANGES: readonly [what: string, sql: string, told: object, refusedBy: SchemaPolicy[]][] = [
  ['added', 'alter table clientes add column alta date', { added: ['alta'] }, ['fail']],
  ['dropped', 'alter table clientes drop column nombre', { dropped: ['nombre'] }, ['additive', 'fail']],
  [
    'renamed',
    'alter table clientes rename column nombre to apellido',
    { added: ['apellido'], dropped: ['nombre'], renamed: [{ from: 'nombre', to: 'apellido' }] },
    ['additive', 'fail'],
  ],
  ['retyped', 'alter table clientes alter column id type bigint', { retyped: [{ name: 'id', from: 'integer', to: 'bigint' }] }, ['additive', 'fail']],
];

describe('columns that change between two runs', () => {
  let database: string;
  let client: pg.Client;
  let bucket: TestBucket;
  let gateway: TestGateway;

  beforeAll(async () => {
    [bucket, database] = await Promise.all([newBucket('cambios'), newDatabase('cambios')]);
    client = await connectTo(database);
    const pipelines = Object.fromEntries(POLICIES.map((policy) => [policy, `job: postgresql\ndatasets:\n  clientes: { schemaChanges: ${policy} }\n  otra:\n`]));
    gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines });
  });

  beforeEach(async () => {
    await client.query('drop table if exists clientes, otra');
    await client.query("create table clientes (id integer, nombre text); insert into clientes values (1, 'Ana'); create table otra (id integer)");
    await Promise.all(POLICIES.map((policy) => run(policy, '{"schemaChanges":"allow"}')));
  });

  afterAll(async () => {
    await client?.end();
    await gateway?.stop();
  });

  // Runs follow each other's answers at once: a run is the latest before it is answered.
  const run = (pipeline: string, body?: string): ReturnType<TestGateway['post']> => gateway.post(pipeline, body);

  const latest = async (pipeline: string): Promise<Manifest> => JSON.parse(await bucket.text(`_esclusa/latest/${pipeline}.json`)) as Manifest;

  test.each(CHANGES)('%s: what answer and manifest say, under each policy', async (_what, sql, told, refusedBy) => {
    const before = new Map(await Promise.all(POLICIES.map(async (policy) => [policy, (await latest(policy)).run] as const)));
    await client.query(sql);
    const held = async (policy: SchemaPolicy): Promise<void> => {
      const since = before.get(policy);
      const plan = await gateway.request('POST', `/api/ingesta/${policy}/plan`);
      expect((plan.body['datasets'] as Record<string, unknown>)['clientes']).toMatchObject({ schemaChanges: { since, ...told } });
      const objects = await bucket.keys(`${policy}/`);
      const { status, body } = await run(policy);
      if (!refusedBy.includes(policy)) {
        expect({ status, body }).toMatchObject({ status: 200, body: { result: { clientes: { registros: 1, schemaChanges: { since, ...told } } } } });
        expect((body['result'] as Record<string, object>)['otra']).not.toHaveProperty('schemaChanges');
        expect((await gateway.request('GET', `/api/runs/${String(body['run'])}`)).body).toMatchObject({ result: body['result'] });
        const manifest = await latest(policy);
        expect(manifest.run).toBe(body['run']);
        expect(resourceOf(manifest, 'clientes')?.schemaChanges).toEqual({ since, ...told });
        expect(resourceOf(manifest, 'otra')).not.toHaveProperty('schemaChanges');
        // The next one finds its columns as they were.
        const again = await run(policy);
        expect((again.body['result'] as Record<string, object>)['clientes']).not.toHaveProperty('schemaChanges');
        return;
      }
      expect({ status, body }).toMatchObject({
        status: 502,
        body: {
          code: 'SCHEMA_CHANGED',
          detail: expect.stringMatching(/^dataset "clientes": its columns are not those of run .*Nothing is published\. .*\{"schemaChanges": "allow"\}$/),
          details: { dataset: 'clientes', policy, since, ...told },
          attempts: [{ attempt: 1, exitStatus: 65 }],
        },
      });
      expect(await bucket.keys(`${policy}/`)).toEqual(objects);
      expect((await latest(policy)).run).toBe(since);
      // Until somebody lets it through, once.
      const allowed = await run(policy, '{"schemaChanges":"allow"}');
      expect(allowed.body).toMatchObject({ status: 'success', result: { clientes: { schemaChanges: { since, ...told } } } });
      expect((await run(policy)).body).toMatchObject({ status: 'success' });
    };
    await Promise.all(POLICIES.map(held));
    await nothingLeft(gateway.installation, bucket);
  });

  test('an unknown policy for one run is refused', async () => {
    expect((await gateway.post('allow', '{"schemaChanges":"ask"}')).body).toMatchObject({
      code: 'BODY_INVALID',
      detail: expect.stringContaining('schemaChanges: '),
    });
  });
});

describe('fields of MongoDB that change between two runs', () => {
  let server: MongoServer;

  beforeAll(async () => {
    server = await MongoServer.start('replica set');
  }, 120_000);

  afterAll(() => server?.stop());

  test('are compared by what their values are, once they are read; what is refused is not published', async () => {
    const bucket = await newBucket('cambios');
    const insert = (...documents: object[]): Promise<unknown> => server.using('pharmavida', (db) => db.collection('citas').insertMany(documents));
    const pipelines = { citas: 'job: mongodb\ndatasets:\n  citas: { exclude: [_id], schemaChanges: additive }\n' };
    const gateway = await TestGateway.start({ bucket: bucket.name, pipelines, environment: { ...server.environment } });
    const run = async (body?: string) => (await gateway.post('citas', body)).body;
    try {
      await insert({ n: 1, t: 'a' });
      const first = await run();
      expect(first).toMatchObject({ status: 'success' });
      // A value or none of it: the column is the same.
      await insert({ n: null }, { t: 'b', alta: new Date() });
      const second = await run();
      expect(second).toMatchObject({ result: { citas: { schemaChanges: { since: first['run'], added: ['alta'] } } } });
      await insert({ n: 'uno' });
      const objects = await bucket.dataKeys();
      const refused = await run();
      await nothingLeft(gateway.installation, bucket);
      const retyped = [{ name: 'n', from: 'integer', to: 'string' }];
      expect(refused).toMatchObject({ code: 'SCHEMA_CHANGED', details: { policy: 'additive', since: second['run'], retyped } });
      expect(await bucket.dataKeys()).toEqual(objects);
      expect(await run('{"schemaChanges": "allow"}')).toMatchObject({ status: 'success', result: { citas: { registros: 4, schemaChanges: { retyped } } } });
      await server.using('pharmavida', (db) => db.collection('citas').updateMany({}, { $unset: { alta: 1 } }));
      expect(await run()).toMatchObject({ code: 'SCHEMA_CHANGED', details: { dropped: ['alta'] } });
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });
});
