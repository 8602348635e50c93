import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, committedSchema } from '@esclusa/contract';
import { eventually, nothingLeft } from './support/docker.ts';
import { type Answer, type GatewayOptions, TestGateway } from './support/gateway.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase, unique } from './support/stack.ts';

const LATEST = '_esclusa/latest/ventas.json';
const pipelines = { ventas: 'job: postgresql\ndatasets:\n  productos:\n  ofertas:\n' };

/** The manifest that a pipeline's readers find; undefined while there is none. */
async function latest(bucket: TestBucket): Promise<Manifest | undefined> {
  const [key] = await bucket.keys(LATEST);
  return key === undefined ? undefined : committedSchema.parse(JSON.parse(await bucket.text(key)));
}

async function manifests(bucket: TestBucket): Promise<Manifest[]> {
  return (await bucket.commits()).flatMap(({ commit }) => (commit.state === 'committed' ? [commit] : []));
}

/** The run that should be the latest: by the snapshot's time, and for the same instant by the run's id. Both sort as text. */
function newest(all: readonly Manifest[]): string | undefined {
  const order = all.map(({ run, snapshot }) => ({ run, at: `${snapshot.takenAt} ${run}` })).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  return order.at(-1)?.run;
}

const runOf = ({ body }: Answer): string => String(body['run']);

describe('latest.json', () => {
  let database: string;
  let proxy: S3Proxy;

  beforeAll(async () => {
    [proxy, database] = await Promise.all([
      S3Proxy.start(),
      newDatabase('latest', 'create table productos as select g as id from generate_series(1, 100) as g', 'create table ofertas (id integer)'),
    ]);
  });

  afterAll(() => proxy.stop());

  /** How gateways of one installation on a new bucket are started. */
  async function options(environment: Record<string, string> = {}): Promise<{ bucket: TestBucket; how: GatewayOptions & { installation: string } }> {
    const bucket = await newBucket('latest');
    return { bucket, how: { bucket: bucket.name, database, pipelines, installation: unique('test'), environment } };
  }

  test('is the manifest of the second of two runs, and whoever reads it finds every file whole', async () => {
    const { bucket, how } = await options();
    const gateway = await TestGateway.start(how);
    try {
      const first = await gateway.post('ventas');
      await nothingLeft(gateway.installation, bucket);
      expect((await latest(bucket))?.run).toBe(runOf(first));
      const second = await gateway.post('ventas');
      await nothingLeft(gateway.installation, bucket);

      const text = await bucket.text(LATEST);
      const manifest = committedSchema.parse(JSON.parse(text));
      expect(manifest.run).toBe(runOf(second));
      // Letter for letter what stands at the commit key that the answer names.
      expect(second.body['manifest']).toBe(`s3://${bucket.name}/_esclusa/commits/${manifest.run}/${manifest.attempt}.json`);
      expect(await bucket.text(keyOf(String(second.body['manifest'])))).toBe(text);
      expect(manifest.resources.map(({ name, rows }) => ({ name, rows }))).toEqual([
        { name: 'productos', rows: 100 },
        { name: 'ofertas', rows: 0 },
      ]);
      for (const { name, path, url, bytes, hash, rows, lossy } of manifest.resources) {
        const file = await bucket.bytes(String(path));
        const sha256 = createHash('sha256').update(file).digest('hex');
        expect({ bytes: file.length, hash: `sha256:${sha256}` }).toEqual({ bytes, hash });
        expect((second.body['result'] as Record<string, unknown>)[name]).toEqual({ url, registros: rows, bytes, sha256, lossy });
      }
    } finally {
      await gateway.stop();
    }
  });

  test.each([
    ['one installation', false],
    ['two installations that have the pipeline in common', true],
  ])('of many runs at once at two gateways of %s is the newest one', async (_, apart) => {
    const { bucket, how } = await options();
    const hows = [how, apart ? { ...how, installation: unique('test') } : how];
    const gateways = await Promise.all(hows.map((each) => TestGateway.start(each)));
    try {
      const answers = await Promise.all(gateways.flatMap((gateway) => Array.from({ length: 6 }, () => gateway.post('ventas'))));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      for (const { installation } of hows) await nothingLeft(installation, bucket);
      const all = await manifests(bucket);
      expect(all).toHaveLength(12);
      expect((await latest(bucket))?.run).toBe(newest(all));
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    }
  });

  test('is not moved by a run of some datasets, by one that failed, or by one that was cancelled, and is by the next whole one', async () => {
    const { bucket, how } = await options({ MAX_ATTEMPTS: '1' });
    const slow = 'job: postgresql\ndatasets:\n  productos:\n  ofertas:\n    query: select pg_sleep(300)::text as t\n';
    const gateway = await TestGateway.start(how);
    try {
      const some = await gateway.post('ventas', JSON.stringify({ datasets: ['ofertas'] }));
      expect(some.status).toBe(200);
      await nothingLeft(gateway.installation, bucket);
      // Not even where there is none yet: it would be taken for all there is.
      expect(await latest(bucket)).toBeUndefined();

      const whole = await gateway.post('ventas');
      const later = await gateway.post('ventas', JSON.stringify({ datasets: ['productos'] }));
      expect([whole.status, later.status]).toEqual([200, 200]);
      await gateway.writePipeline('ventas', 'job: postgresql\ndatasets:\n  productos:\n  clientes:\n');
      expect(await gateway.post('ventas')).toMatchObject({ status: 502, body: { code: 'DATASET_NOT_FOUND' } });
      await gateway.writePipeline('ventas', slow);
      const cancelled = await gateway.post('ventas', undefined, { Prefer: 'respond-async' });
      await gateway.request('DELETE', `/api/runs/${runOf(cancelled)}`);
      await nothingLeft(gateway.installation, bucket);
      expect((await latest(bucket))?.run).toBe(runOf(whole));

      await gateway.writePipeline('ventas', pipelines.ventas);
      // Who names all of them has asked for a whole run.
      const again = await gateway.post('ventas', JSON.stringify({ datasets: ['ofertas', 'productos'] }));
      await nothingLeft(gateway.installation, bucket);
      expect((await latest(bucket))?.run).toBe(runOf(again));
    } finally {
      await gateway.stop();
    }
  });

  test.each([
    ['before it is written', 'before'],
    ['after it is written and before the final entry', 'after'],
  ] as const)('of a run whose gateway is killed %s: the caller has its answer, the next gateway puts it right', async (_, when) => {
    const { bucket, how } = await options();
    // The first gateway reaches S3 through the proxy, the next one goes there directly.
    const first = await TestGateway.start({ ...how, environment: { S3_ENDPOINT: proxy.outside } });
    proxy.breakAt({ operation: 'PutLatest', when, nth: 1 });
    const answer = await first.post('ventas');
    expect(answer.status).toBe(200);
    await proxy.hit();
    await first.kill();
    proxy.release('drop');
    expect((await latest(bucket))?.run).toBe(when === 'before' ? undefined : runOf(answer));
    expect(await bucket.keys('_esclusa/runs/')).toEqual([]);

    const second = await TestGateway.start(how);
    try {
      await eventually('the final entry', async () => (await bucket.keys('_esclusa/runs/')).length === 1);
      // Whoever finds the final entry finds it moved.
      expect((await latest(bucket))?.run).toBe(runOf(answer));
      expect((await second.request('GET', `/api/runs/${runOf(answer)}`)).body).toMatchObject({ state: 'succeeded', manifest: answer.body['manifest'] });
      await nothingLeft(how.installation, bucket);
    } finally {
      await second.stop();
    }
  });

  test.each([
    ['is slow to take it', 'forward', 0, 1_000],
    ['refuses it for a while', { status: 503, code: 'SlowDown' }, 6, 0],
  ] as const)('where S3 %s, a run right behind another compares its columns with those', async (_, turn, refusals, pauseMs) => {
    const { bucket, how } = await options();
    const own = await newDatabase('latest', 'create table productos (id integer)', 'create table ofertas (id integer)');
    const gateway = await TestGateway.start({ ...how, database: own, environment: { S3_ENDPOINT: proxy.outside } });
    proxy.reset();
    proxy.gate = async ({ operation, nth }, when) => {
      if (operation !== 'PutLatest' || when === 'after') return 'forward';
      await setTimeout(pauseMs);
      return nth <= refusals ? turn : 'forward';
    };
    try {
      const first = await gateway.post('ventas');
      expect(first.status).toBe(200);
      // The answer waits for a slow S3. It does not wait for one that refuses, and this gateway knows the columns.
      expect((await latest(bucket))?.run).toBe(refusals === 0 ? runOf(first) : undefined);
      const client = await connectTo(own);
      await client.query('alter table ofertas add column precio integer');
      await client.end();
      const second = await gateway.post('ventas', JSON.stringify({ datasets: ['ofertas'] }));
      expect(second.body).toMatchObject({ result: { ofertas: { schemaChanges: { since: runOf(first), added: ['precio'] } } } });
      proxy.gate = () => 'forward';
      await nothingLeft(gateway.installation, bucket);
      expect((await latest(bucket))?.run).toBe(runOf(first));
    } finally {
      proxy.gate = () => 'forward';
      await gateway.stop();
    }
  });

  test('of a run that committed while no gateway lived is written by the next one', async () => {
    const { bucket, how } = await options({ JOB_S3_ENDPOINT: proxy.inside });
    const first = await TestGateway.start(how);
    proxy.breakAt({ operation: 'PutCommitKey', when: 'before', nth: 1 });
    const accepted = await first.post('ventas', undefined, { Prefer: 'respond-async' });
    await proxy.hit();
    await first.kill();
    proxy.release('forward');
    await eventually('the commit', async () => (await manifests(bucket)).length === 1);
    expect(await latest(bucket)).toBeUndefined();

    const second = await TestGateway.start(how);
    try {
      await eventually('the final entry', async () => (await bucket.keys('_esclusa/runs/')).length === 1);
      expect((await latest(bucket))?.run).toBe(runOf(accepted));
      await nothingLeft(how.installation, bucket);
    } finally {
      await second.stop();
    }
  });

  test('is not moved back by an older run that ends late, adopted after a restart', async () => {
    const { bucket, how } = await options({ JOB_S3_ENDPOINT: proxy.inside });
    const first = await TestGateway.start(how);
    proxy.breakAt({ operation: 'PutCommitKey', when: 'before', nth: 1 });
    const older = await first.post('ventas', undefined, { Prefer: 'respond-async' });
    await proxy.hit();
    await first.kill();

    const second = await TestGateway.start(how);
    try {
      const newer = await second.post('ventas');
      expect(newer.status).toBe(200);
      await eventually('the newer one', async () => (await latest(bucket))?.run === runOf(newer));
      proxy.release('forward');
      await nothingLeft(how.installation, bucket);
      expect((await second.request('GET', `/api/runs/${runOf(older)}`)).body).toMatchObject({ state: 'succeeded' });
      expect((await manifests(bucket)).map(({ run }) => run)).toEqual([runOf(older), runOf(newer)]);
      expect((await latest(bucket))?.run).toBe(runOf(newer));
    } finally {
      await second.stop();
    }
  });

  test('that somebody has spoilt is replaced by the next run, with a warning', async () => {
    const { bucket, how } = await options();
    await bucket.put(LATEST, '{"state":"aborted"}');
    const gateway = await TestGateway.start(how);
    try {
      const answer = await gateway.post('ventas');
      await nothingLeft(gateway.installation, bucket);
      expect((await latest(bucket))?.run).toBe(runOf(answer));
      expect(gateway.log.filter((line) => line.includes("what stood at the pipeline's latest manifest was none"))).toHaveLength(1);
    } finally {
      await gateway.stop();
    }
  });
});
