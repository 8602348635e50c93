import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { PostgresServer } from './support/postgres-server.ts';
import type { TestBucket } from './support/s3.ts';
import { keyOf } from './support/s3.ts';
import { newBucket } from './support/stack.ts';

const MiB = 1024 * 1024;

const misbehaving = (behaviour: string, limits = ''): string => `job: fixture\ndatasets:\n  x:\n    behaviour: ${behaviour}\n${limits}`;

describe('a job that breaks the contract', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await newBucket('bad-days');
    gateway = await TestGateway.start({
      bucket: bucket.name,
      pipelines: {
        garbage: misbehaving('garbage'),
        nothing: misbehaving('nothing'),
        claim: misbehaving('claim'),
        'exit-69': misbehaving('exit-69'),
        flood: misbehaving('flood'),
        allocate: misbehaving('allocate'),
        slow: misbehaving('sleep', 'limits:\n  timeAllowedSeconds: 1\n'),
        stubborn: misbehaving('ignore-sigterm', 'limits:\n  timeAllowedSeconds: 1\n'),
        killed: misbehaving('sleep'),
      },
      environment: { STOP_GRACE_SECONDS: '1', MAX_ATTEMPTS: '2', LOG_LEVEL: 'info' },
    });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  test('garbage on stdout is 502 with the tail of the log', async () => {
    const { status, body } = await gateway.post('garbage');
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'JOB_CONTRACT_BROKEN' });
    expect(body['log']).toEqual(expect.arrayContaining(['<<<< this is no JSON >>>>', '{"type":"result","half":', 'warning: something looks odd']));
  });

  test('nothing at all is 502', async () => {
    const { status, body } = await gateway.post('nothing');
    expect({ status, code: body['code'], log: body['log'] }).toEqual({ status: 502, code: 'JOB_CONTRACT_BROKEN', log: [] });
  });

  test('a result without a manifest is not believed', async () => {
    const { status, body } = await gateway.post('claim');
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'JOB_CONTRACT_BROKEN' });
    expect(body['detail']).toContain('no manifest');
  });

  test('exit status 69 without a word is tried again and then told', async () => {
    const { status, body } = await gateway.post('exit-69');
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'JOB_FAILED' });
    expect(body['attempts']).toHaveLength(2);
  });

  test.each([['slow'], ['stubborn']])('%s: time up is 504 and the container is gone', async (pipeline) => {
    const { status, body } = await gateway.post(pipeline);
    expect({ status, code: body['code'] }).toEqual({ status: 504, code: 'JOB_TIME_UP' });
    await eventually('the container to go', async () => (await containersWith('esclusa.run', String(body['run']))).length === 0);
  });

  test('out of memory is 502 with the limit, tried once more', async () => {
    const { status, body } = await gateway.post('allocate');
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'JOB_OUT_OF_MEMORY' });
    expect(body['detail']).toContain('96 MiB');
    expect(body['attempts']).toHaveLength(2);
  });

  test('a container killed by somebody else is tried again', async () => {
    const answer = gateway.post('killed');
    for (let attempt = 1; attempt <= 2; attempt++) {
      const found = await eventually('the container', async () =>
        (await containersWith('esclusa.attempt', String(attempt))).find(
          ({ Labels, State }) => Labels['esclusa.installation'] === gateway.installation && State === 'running',
        ),
      );
      await docker.getContainer(found.Id).kill();
    }
    const { status, body } = await answer;
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'JOB_INTERRUPTED' });
    expect(body['attempts']).toHaveLength(2);
  });

  test('a container removed by somebody else is tried again', async () => {
    const answer = gateway.post('killed');
    for (let attempt = 1; attempt <= 2; attempt++) {
      const found = await eventually('the container', async () =>
        (await containersWith('esclusa.attempt', String(attempt))).find(
          ({ Labels, State }) => Labels['esclusa.installation'] === gateway.installation && State === 'running',
        ),
      );
      await docker.getContainer(found.Id).remove({ force: true });
    }
    expect(await answer).toMatchObject({ status: 502, body: { code: 'JOB_INTERRUPTED' } });
  });

  test('1 GB of output is bounded in memory and on disk', async () => {
    const peaks = { rss: 0, disk: 0 };
    const answer = gateway.post('flood');
    const { Id } = await eventually('the container', async () => (await containersWith('esclusa.pipeline', 'flood')).find(({ State }) => State === 'running'));
    const { LogPath } = (await docker.getContainer(Id).inspect()) as unknown as { LogPath: string };
    const watch = setInterval(() => {
      const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1];
      peaks.rss = Math.max(peaks.rss, Number(rss) * 1024);
      const disk = execFileSync('sh', ['-c', `cat ${LogPath}* 2>/dev/null | wc -c`], { encoding: 'utf8' });
      peaks.disk = Math.max(peaks.disk, Number(disk));
    }, 250);
    try {
      const { status, body } = await answer;
      expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'JOB_CONTRACT_BROKEN' });
      expect(JSON.stringify(body).length).toBeLessThan(MiB);
    } finally {
      clearInterval(watch);
    }
    expect(peaks.rss).toBeGreaterThan(0);
    expect(peaks.rss).toBeLessThan(400 * MiB);
    expect(peaks.disk).toBeGreaterThan(0);
    expect(peaks.disk).toBeLessThan(64 * MiB);
  }, 300_000);

  test('nothing is left of all that', async () => {
    expect(await bucket.dataKeys()).toEqual([]);
    await nothingLeft(gateway.installation, bucket);
  });
});

describe('the source is killed mid-stream', () => {
  test("the run is tried again once it is back, one manifest is committed, and strangers' things beside it are untouched", async () => {
    const server = await PostgresServer.start(
      'create table productos as select g as id, md5(g::text) as a, md5((-g)::text) as b, repeat(md5(g::text), 4) as c from generate_series(1, 1500000) as g',
    );
    const bucket = await newBucket('mid-stream');
    const gateway = await TestGateway.start({
      bucket: bucket.name,
      pipelines: { postgresql: 'job: postgresql\ndatasets:\n  productos:\n' },
      environment: { ...server.environment, MAX_ATTEMPTS: '20' },
    });
    try {
      const answer = gateway.post('postgresql');
      const upload = await eventually('the first part', async () => {
        const [open] = await bucket.uploads();
        return open !== undefined && (await bucket.parts(open.key, open.uploadId)) > 0 ? open : undefined;
      });
      await server.kill();
      // A stranger's upload and object, as close to ours as they can be.
      const strangers = await Promise.all([bucket.plantUpload(`${upload.key}.bak`), bucket.plantUpload('postgresql/productos_mine.csv')]);
      await bucket.put(`${upload.key}.bak`, 'mine');
      await bucket.put('postgresql/productos_mine.csv', 'mine too');
      await eventually('the attempt to be aborted', async () => (await bucket.commits()).some(({ commit }) => commit.state === 'aborted'));
      await server.restart();

      const { status, body } = await answer;
      expect(status).toBe(200);
      const { url, registros } = (body['result'] as Record<string, { url: string; registros: number }>)['productos'] ?? { url: '', registros: 0 };
      expect(registros).toBe(1_500_000);
      expect(keyOf(url)).not.toBe(upload.key);
      const commits = await bucket.commits();
      expect(commits.filter(({ commit }) => commit.state === 'committed')).toHaveLength(1);
      expect(commits.filter(({ commit }) => commit.state === 'aborted').length).toBeGreaterThanOrEqual(1);
      expect(await bucket.dataKeys()).toEqual([keyOf(url), `${upload.key}.bak`, 'postgresql/productos_mine.csv'].toSorted());
      expect(await bucket.text(`${upload.key}.bak`)).toBe('mine');
      expect((await bucket.uploads()).map(({ uploadId }) => uploadId).toSorted()).toEqual(strangers.toSorted());
      await nothingLeft(gateway.installation, bucket, strangers);
      await bucket.abortUploads();
    } finally {
      await gateway.stop();
      await server.stop();
    }
  }, 300_000);
});
