import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Manifest } from '@esclusa/contract';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { type Breakpoint, S3Proxy } from './support/s3-proxy.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { newBucket, newDatabase } from './support/stack.ts';

// Two datasets; `grande` has three parts of 8 MiB and one rest.
const SQL = [
  'create table grande as select g as id, repeat(md5(g::text), 8) as texto from generate_series(1, 110000) as g',
  'create table chica as select g as id from generate_series(1, 100) as g',
];
const PIPELINE = 'job: postgresql\ndatasets:\n  grande:\n  chica:\n';

const POINTS: [string, Breakpoint][] = [
  ...[1, 2, 3, 4, 5].map((nth): [string, Breakpoint] => [`after part upload ${nth}`, { operation: 'UploadPart', when: 'after', nth }]),
  ...[1, 2].flatMap((nth): [string, Breakpoint][] => [
    [`before Complete ${nth}`, { operation: 'CompleteMultipartUpload', when: 'before', nth }],
    [`after Complete ${nth}`, { operation: 'CompleteMultipartUpload', when: 'after', nth }],
  ]),
  ["before the commit key's PUT", { operation: 'PutCommitKey', when: 'before', nth: 1 }],
  ["after the commit key's PUT", { operation: 'PutCommitKey', when: 'after', nth: 1 }],
];

describe('a job killed at a named point', () => {
  let proxy: S3Proxy;
  let database: string;

  beforeAll(async () => {
    [proxy, database] = await Promise.all([S3Proxy.start(), newDatabase('points', ...SQL)]);
  });

  afterAll(async () => {
    await proxy.stop();
  });

  /** A gateway whose jobs reach S3 through the proxy, while it goes there directly. */
  async function start(bucket: TestBucket, environment: Record<string, string>): Promise<TestGateway> {
    return TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: { postgresql: PIPELINE },
      environment: { JOB_S3_ENDPOINT: proxy.inside, ...environment },
    });
  }

  test.each(POINTS)('%s: a committed manifest with all its objects, or none of them', async (_, point) => {
    const bucket = await newBucket('points');
    const gateway = await start(bucket, { MAX_ATTEMPTS: '1' });
    try {
      await proxy.breakAt(point);
      const answer = gateway.post('postgresql');
      await proxy.hit();
      await killJob(gateway);
      await proxy.release(point.when === 'before' ? 'drop' : 'forward');
      const { status, body } = await answer;

      const [decision, ...more] = await bucket.commits();
      expect(more).toEqual([]);
      const committed = point.operation === 'PutCommitKey' && point.when === 'after';
      if (committed) {
        expect({ status, state: decision?.commit.state }).toEqual({ status: 200, state: 'committed' });
        await expectWhole(bucket, decision?.commit as Manifest);
      } else {
        expect({ status, code: body['code'], state: decision?.commit.state }).toEqual({ status: 502, code: 'JOB_INTERRUPTED', state: 'aborted' });
        await eventually('the sweep', async () => (await bucket.dataKeys()).length === 0);
      }
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test.each<[string, Breakpoint]>([
    ['a Complete', { operation: 'CompleteMultipartUpload', when: 'before', nth: 2 }],
    ["the commit key's PUT", { operation: 'PutCommitKey', when: 'before', nth: 1 }],
  ])('%s that reaches S3 only after its job was killed: all or none, whoever was first', async (_, point) => {
    const bucket = await newBucket('points');
    const gateway = await start(bucket, { MAX_ATTEMPTS: '1' });
    try {
      await proxy.breakAt(point);
      const answer = gateway.post('postgresql');
      await proxy.hit();
      await killJob(gateway);
      await proxy.release('forward');
      const { status } = await answer;
      const [decision] = await bucket.commits();
      if (decision?.commit.state === 'committed') await expectWhole(bucket, decision.commit);
      else await eventually('the sweep', async () => (await bucket.dataKeys()).length === 0);
      expect(status).toBe(decision?.commit.state === 'committed' ? 200 : 502);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test('killed after the first Complete, with another attempt allowed: one manifest, with new keys', async () => {
    const bucket = await newBucket('points');
    const gateway = await start(bucket, { MAX_ATTEMPTS: '2' });
    try {
      await proxy.breakAt({ operation: 'CompleteMultipartUpload', when: 'after', nth: 1 });
      const answer = gateway.post('postgresql');
      await proxy.hit();
      const [first] = await bucket.dataKeys();
      await killJob(gateway);
      await proxy.release('drop');
      expect((await answer).status).toBe(200);
      const commits = await bucket.commits();
      expect(commits.map(({ commit }) => commit.state)).toEqual(['aborted', 'committed']);
      await expectWhole(bucket, commits[1]?.commit as Manifest);
      expect(await bucket.dataKeys()).not.toContain(first);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test.each<[string, Breakpoint]>([
    ['Complete', { operation: 'CompleteMultipartUpload', when: 'after', nth: 1 }],
    ["the commit key's PUT", { operation: 'PutCommitKey', when: 'after', nth: 1 }],
  ])('the answer to %s lost after success: the job finds its own work and goes on', async (_, point) => {
    const bucket = await newBucket('points');
    const gateway = await start(bucket, { MAX_ATTEMPTS: '1' });
    try {
      await proxy.breakAt(point);
      const answer = gateway.post('postgresql');
      await proxy.hit();
      await proxy.release('drop');
      expect((await answer).status).toBe(200);
      const commits = await bucket.commits();
      expect(commits).toHaveLength(1);
      await expectWhole(bucket, commits[0]?.commit as Manifest);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test('an attempt that was given up while its job was held can not commit any more, and takes its objects back', async () => {
    const bucket = await newBucket('points');
    const gateway = await start(bucket, { MAX_ATTEMPTS: '1' });
    try {
      await proxy.breakAt({ operation: 'PutCommitKey', when: 'before', nth: 1 });
      const answer = gateway.post('postgresql');
      await proxy.hit();
      // As a reconciler would, that takes the job for dead.
      const [entry] = await bucket.keys('_esclusa/attempts/');
      const { run, attempt, commitKey } = JSON.parse(await bucket.text(entry ?? '')) as { run: string; attempt: number; commitKey: string };
      const aborted = { state: 'aborted', version: 1, run, attempt, token: 'test', by: 'test', reason: 'test', abortedAt: new Date().toISOString() };
      await bucket.put(commitKey, JSON.stringify(aborted));
      await proxy.release('forward');
      expect(await answer).toMatchObject({ status: 503, body: { code: 'ATTEMPT_ABORTED' } });
      expect(await bucket.dataKeys()).toEqual([]);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });
});

async function killJob(gateway: TestGateway): Promise<void> {
  const [container] = await containersWith('esclusa.installation', gateway.installation);
  if (container === undefined) throw new Error('there is no job to kill');
  await docker.getContainer(container.Id).kill();
}

async function expectWhole(bucket: TestBucket, manifest: Manifest): Promise<void> {
  const keys = Object.values(manifest.datasets).map(({ url }) => keyOf(url));
  expect(await bucket.dataKeys()).toEqual(keys.toSorted());
  for (const { url, bytes } of Object.values(manifest.datasets)) expect((await bucket.bytes(keyOf(url))).byteLength).toBe(bytes);
}
