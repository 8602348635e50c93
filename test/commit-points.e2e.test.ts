import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Commit, filesOf } from '@esclusa/contract';
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

  /** One POST whose job is held at a point; `act` does what is to happen there. Nothing of ours may be left in the end. */
  async function held(point: Breakpoint, maxAttempts: number, act: (bucket: TestBucket, gateway: TestGateway) => Promise<void>) {
    const bucket = await newBucket('points');
    // Its jobs reach S3 through the proxy, while the gateway goes there directly.
    const environment = { JOB_S3_ENDPOINT: proxy.inside, MAX_ATTEMPTS: String(maxAttempts) };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { postgresql: PIPELINE }, environment });
    try {
      proxy.breakAt(point);
      const answer = gateway.post('postgresql');
      await proxy.hit();
      await act(bucket, gateway);
      const { status, body } = await answer;
      await nothingLeft(gateway.installation, bucket);
      return { bucket, status, code: body['code'], commits: (await bucket.commits()).map(({ commit }) => commit) };
    } finally {
      await gateway.stop();
    }
  }

  test.each(POINTS)('%s: a committed manifest with all its objects, or none of them', async (_, point) => {
    const { bucket, status, code, commits } = await held(point, 1, async (_bucket, gateway) => {
      await killJob(gateway);
      proxy.release(point.when === 'before' ? 'drop' : 'forward');
    });
    if (point.operation === 'PutCommitKey' && point.when === 'after') {
      expect({ status, states: commits.map(({ state }) => state) }).toEqual({ status: 200, states: ['committed'] });
      await expectWhole(bucket, commits[0]);
    } else {
      expect({ status, code, states: commits.map(({ state }) => state) }).toEqual({ status: 502, code: 'JOB_INTERRUPTED', states: ['aborted'] });
      expect(await bucket.dataKeys()).toEqual([]);
    }
  });

  test.each<[string, Breakpoint]>([
    ['a Complete', { operation: 'CompleteMultipartUpload', when: 'before', nth: 2 }],
    ["the commit key's PUT", { operation: 'PutCommitKey', when: 'before', nth: 1 }],
  ])('%s that reaches S3 only after its job was killed: all or none, whoever was first', async (_, point) => {
    const { bucket, status, commits } = await held(point, 1, async (_bucket, gateway) => {
      await killJob(gateway);
      proxy.release('forward');
    });
    expect(commits).toHaveLength(1);
    if (commits[0]?.state === 'committed') {
      expect(status).toBe(200);
      await expectWhole(bucket, commits[0]);
    } else {
      expect(status).toBe(502);
      await eventually('the sweep', async () => (await bucket.dataKeys()).length === 0);
    }
  });

  test('killed after the first Complete, with another attempt allowed: one manifest, with new keys', async () => {
    let first: string | undefined;
    const { bucket, status, commits } = await held({ operation: 'CompleteMultipartUpload', when: 'after', nth: 1 }, 2, async (bucket, gateway) => {
      [first] = await bucket.dataKeys();
      await killJob(gateway);
      proxy.release('drop');
    });
    expect({ status, states: commits.map(({ state }) => state) }).toEqual({ status: 200, states: ['aborted', 'committed'] });
    await expectWhole(bucket, commits[1]);
    expect(first).toBeDefined();
    expect(await bucket.dataKeys()).not.toContain(first);
  });

  test.each<[string, Breakpoint]>([
    ['Complete', { operation: 'CompleteMultipartUpload', when: 'after', nth: 1 }],
    ["the commit key's PUT", { operation: 'PutCommitKey', when: 'after', nth: 1 }],
  ])('the answer to %s lost after success: the job finds its own work and goes on', async (_, point) => {
    const { bucket, status, commits } = await held(point, 1, async () => proxy.release('drop'));
    expect({ status, states: commits.map(({ state }) => state) }).toEqual({ status: 200, states: ['committed'] });
    await expectWhole(bucket, commits[0]);
  });

  test.each([1, 2])('the answer to opening upload %i lost after success: S3 has it twice, and none of them stays', async (nth) => {
    const point: Breakpoint = { operation: 'CreateMultipartUpload', when: 'after', nth };
    const { bucket, status, commits } = await held(point, 1, async () => proxy.release('drop'));
    expect({ status, states: commits.map(({ state }) => state) }).toEqual({ status: 200, states: ['committed'] });
    await expectWhole(bucket, commits[0]);
  });

  test('an attempt that was given up while its job was held can not commit any more, and takes its objects back', async () => {
    const { bucket, status, code } = await held({ operation: 'PutCommitKey', when: 'before', nth: 1 }, 1, async (bucket) => {
      // As a reconciler would, that takes the job for dead.
      const [entry] = await bucket.keys('_esclusa/attempts/');
      const { run, attempt, commitKey } = JSON.parse(await bucket.text(entry ?? '')) as { run: string; attempt: number; commitKey: string };
      const aborted = { state: 'aborted', contract: 1, run, attempt, token: 'test', by: 'test', reason: 'test', abortedAt: new Date().toISOString() };
      await bucket.put(commitKey, JSON.stringify(aborted));
      proxy.release('forward');
    });
    expect({ status, code }).toEqual({ status: 503, code: 'ATTEMPT_ABORTED' });
    expect(await bucket.dataKeys()).toEqual([]);
  });
});

async function killJob(gateway: TestGateway): Promise<void> {
  const [container] = await containersWith('esclusa.installation', gateway.installation);
  if (container === undefined) throw new Error('there is no job to kill');
  await docker.getContainer(container.Id).kill();
}

async function expectWhole(bucket: TestBucket, manifest: Commit | undefined): Promise<void> {
  if (manifest?.state !== 'committed') throw new Error('there is no manifest');
  const files = manifest.resources.flatMap(filesOf);
  expect(await bucket.dataKeys()).toEqual(files.map(({ path }) => path).toSorted());
  for (const { url, bytes } of files) expect((await bucket.bytes(keyOf(url))).byteLength).toBe(bytes);
}
