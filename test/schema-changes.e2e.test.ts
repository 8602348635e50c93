import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Manifest, type SchemaPolicy, resourceOf } from '@esclusa/contract';
import type pg from 'pg';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
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
    for (const policy of POLICIES) await run(policy, '{"schemaChanges":"allow"}');
  });

  afterAll(async () => {
    await client?.end();
    await gateway?.stop();
  });

  /** Runs a pipeline until nothing of it is left to be done: callers are answered before the latest manifest is moved. */
  async function run(pipeline: string, body?: string): Promise<Awaited<ReturnType<TestGateway['post']>>> {
    const answer = await gateway.post(pipeline, body);
    await nothingLeft(gateway.installation, bucket);
    return answer;
  }

  const latest = async (pipeline: string): Promise<Manifest> => JSON.parse(await bucket.text(`_esclusa/latest/${pipeline}.json`)) as Manifest;

  test.each(CHANGES)('%s: what answer and manifest say, under each policy', async (_what, sql, told, refusedBy) => {
    const before = new Map(await Promise.all(POLICIES.map(async (policy) => [policy, (await latest(policy)).run] as const)));
    await client.query(sql);
    for (const policy of POLICIES) {
      const since = before.get(policy);
      const plan = await gateway.request('POST', `/api/ingesta/${policy}/plan`);
      expect((plan.body['datasets'] as Record<string, unknown>)['clientes']).toMatchObject({ schemaChanges: { since, ...told } });
      const objects = await bucket.dataKeys();
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
        continue;
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
      expect(await bucket.dataKeys()).toEqual(objects);
      expect((await latest(policy)).run).toBe(since);
      // Until somebody lets it through, once.
      const allowed = await run(policy, '{"schemaChanges":"allow"}');
      expect(allowed.body).toMatchObject({ status: 'success', result: { clientes: { schemaChanges: { since, ...told } } } });
      expect((await run(policy)).body).toMatchObject({ status: 'success' });
    }
  });

  test('an unknown policy for one run is refused', async () => {
    expect((await gateway.post('allow', '{"schemaChanges":"ask"}')).body).toMatchObject({
      code: 'BODY_INVALID',
      detail: expect.stringContaining('schemaChanges: '),
    });
  });
});
