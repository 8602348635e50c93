import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Manifest } from '@esclusa/contract';
import { eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase } from './support/stack.ts';

const TABLE = 'datasets:\n  chica:\n  productos:\n';
const aged = (seconds: number): string => `limits: { maxSnapshotAgeSeconds: ${seconds} }\n`;

describe('limits.maxSnapshotAgeSeconds', () => {
  let bucket: TestBucket;
  let database: string;
  let proxy: S3Proxy;
  let gateway: TestGateway;

  beforeAll(async () => {
    [bucket, proxy, database] = await Promise.all([
      newBucket('age'),
      S3Proxy.start(),
      newDatabase('age', 'create table productos as select g as id from generate_series(1, 100) as g', 'create table chica as select 1 as id'),
    ]);
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: {
        bloqueada: `job: postgresql\n${TABLE}${aged(1)}`,
        lenta: `job: postgresql\n${TABLE}  lenta:\n    query: select id, pg_sleep(0.2)::text as t from productos, generate_series(1, 100)\n${aged(1)}`,
        pronto: `job: postgresql\n${TABLE}${aged(600)}`,
        leida: `job: postgresql\n${TABLE}${aged(2)}`,
      },
      environment: { JOB_S3_ENDPOINT: proxy.inside, MAX_ATTEMPTS: '3' },
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await proxy.stop();
  });

  /** Connections of jobs to the database. */
  async function sessions(): Promise<number> {
    const client = await connectTo('postgres');
    const { rows } = await client.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where datname = $1 and application_name like 'esclusa%'",
      [database],
    );
    await client.end();
    return rows[0]?.n ?? 0;
  }

  async function expectTooOld(pipeline: string): Promise<void> {
    const { status, body } = await gateway.post(pipeline);
    expect(status).toBe(504);
    expect(body).toMatchObject({
      code: 'SNAPSHOT_TOO_OLD',
      detail: expect.stringMatching(/for 1 s.*raise limits\.maxSnapshotAgeSeconds/),
      attempts: [{ attempt: 1, state: 'aborted', exitStatus: 143, code: 'SNAPSHOT_TOO_OLD' }],
    });
    await nothingLeft(gateway.installation, bucket);
    expect((await gateway.request('GET', `/api/runs/${String(body['run'])}`)).body).toMatchObject({ state: 'failed', error: { code: 'SNAPSHOT_TOO_OLD' } });
    expect((await bucket.dataKeys()).filter((key) => key.startsWith(`${pipeline}/`))).toEqual([]);
    expect(await bucket.keys(`_esclusa/latest/${pipeline}.json`)).toEqual([]);
    await eventually('the source to be let go of', async () => (await sessions()) === 0);
  }

  test('lets go of a source that a lock holds up', async () => {
    const holder = await connectTo(database);
    await holder.query('begin; lock table productos in access exclusive mode');
    try {
      await expectTooOld('bloqueada');
    } finally {
      await holder.end();
    }
  });

  test('lets go of a source that gives its rows slowly', async () => {
    await expectTooOld('lenta');
  });

  test('leaves a run alone that has read everything by then', async () => {
    expect(await gateway.post('pronto')).toMatchObject({ status: 200, body: { result: { productos: { registros: 100 } } } });
  });

  test('lets go of the source once everything is read: publishing may take longer', async () => {
    proxy.breakAt({ operation: 'CompleteMultipartUpload', when: 'before', nth: 1 });
    const answer = gateway.post('leida');
    await proxy.hit();
    // What is held has been read: nothing keeps the source's snapshot any more.
    await eventually('the source to be let go of', async () => (await sessions()) === 0);
    const clock = await connectTo(database);
    const { rows: began } = await clock.query<{ at: Date }>('select clock_timestamp() as at');
    await eventually('the age to be over', async () => {
      const { rows } = await clock.query<{ over: boolean }>("select clock_timestamp() > $1::timestamptz + interval '3 seconds' as over", [began[0]?.at]);
      return rows[0]?.over === true;
    });
    await clock.end();
    proxy.release('forward');
    const { status, body } = await answer;
    expect(status).toBe(200);
    const manifest = JSON.parse(await bucket.text(keyOf(String(body['manifest'])))) as Manifest;
    expect(Date.parse(manifest.created) - Date.parse(String(manifest.snapshot.takenAt))).toBeGreaterThan(2_000);
    await nothingLeft(gateway.installation, bucket);
  });
});
