import { describe, expect, test } from '@jest/globals';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { TEST_IMAGE_PREFIX, newBucket, newDatabase, unique } from './support/stack.ts';

const SQL = 'create table productos as select g as id, repeat(md5(g::text), 16) as t from generate_series(1, 400000) as g';
const pipelines = { postgresql: 'job: postgresql\ndatasets:\n  productos:\n' };

describe('a gateway killed while a run is going on', () => {
  test.each([
    ['and the job lives on: the next gateway adopts it', false],
    ['and the job dies too: the next gateway sweeps and tries again', true],
  ])('%s', async (_, killJob) => {
    const [bucket, database] = await Promise.all([newBucket('restart'), newDatabase('restart', SQL)]);
    const options = { bucket: bucket.name, database, pipelines, installation: unique('test') };
    const first = await TestGateway.start(options);
    const answer = first.post('postgresql').catch(() => 'cut');
    const container = await eventually('the first part', async () => {
      const [open] = await bucket.uploads();
      if (open === undefined || (await bucket.parts(open.key, open.uploadId)) === 0) return undefined;
      return (await containersWith('esclusa.installation', options.installation))[0];
    });
    await first.kill();
    expect(await answer).toBe('cut');
    if (killJob) await docker.getContainer(container.Id).kill();

    const second = await TestGateway.start(options);
    try {
      await eventually('the run to end', async () => (await bucket.keys('_esclusa/runs/')).length === 1);
      const commits = await bucket.commits();
      expect(commits.map(({ commit }) => commit.state)).toEqual(killJob ? ['aborted', 'committed'] : ['committed']);
      expect(await bucket.dataKeys()).toHaveLength(1);
      await nothingLeft(options.installation, bucket);
    } finally {
      await second.stop();
    }
  });

  test('killed between the final entry and the removal of the container: the next one removes it', async () => {
    const [bucket, database] = await Promise.all([newBucket('restart'), newDatabase('restart', 'create table productos (id integer)')]);
    const options = { bucket: bucket.name, database, pipelines, installation: unique('test') };
    // A container whose run has no open entry, as it would be left.
    const left = await docker.createContainer({
      Image: `${TEST_IMAGE_PREFIX}-postgresql:latest`,
      Labels: {
        'esclusa.installation': options.installation,
        'esclusa.run': 'ended',
        'esclusa.attempt': '1',
        'esclusa.mode': 'run',
        'esclusa.pipeline': 'x',
        'esclusa.job': 'postgresql',
      },
    });
    const stranger = await docker.createContainer({
      Image: `${TEST_IMAGE_PREFIX}-postgresql:latest`,
      Labels: { 'esclusa.installation': 'test-stranger', 'esclusa.run': 'ended', 'esclusa.attempt': '1' },
    });
    const gateway = await TestGateway.start(options);
    try {
      await eventually('the container to go', async () => (await containersWith('esclusa.installation', options.installation)).length === 0);
      expect((await stranger.inspect()).Id).toBe(stranger.id);
    } finally {
      await gateway.stop();
      await stranger.remove();
      await left.remove({ force: true }).catch(() => {});
    }
  });

  test('the caller goes away: the run goes on and is in the ledger', async () => {
    const [bucket, database] = await Promise.all([newBucket('restart'), newDatabase('restart', SQL)]);
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines });
    try {
      const caller = new AbortController();
      const answer = fetch(`${gateway.url}/api/ingesta/postgresql`, { method: 'POST', signal: caller.signal }).catch((error: Error) => error.name);
      await eventually('the upload', async () => (await bucket.uploads()).length > 0);
      caller.abort();
      expect(await answer).toBe('AbortError');
      const [ended] = await eventually('the run to end', async () => {
        const keys = await bucket.keys('_esclusa/runs/');
        return keys.length > 0 && keys;
      });
      expect(JSON.parse(await bucket.text(ended ?? ''))).toMatchObject({ state: 'succeeded', pipeline: 'postgresql' });
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test('stopped gracefully: the waiting caller is told, the run is taken up at the next start', async () => {
    const [bucket, database] = await Promise.all([newBucket('restart'), newDatabase('restart', SQL)]);
    const options = { bucket: bucket.name, database, pipelines, installation: unique('test'), environment: { SHUTDOWN_SECONDS: '0.2' } };
    const first = await TestGateway.start(options);
    const answer = first.post('postgresql');
    await eventually('the upload', async () => (await bucket.uploads()).length > 0);
    await first.stop();
    expect(await answer).toMatchObject({ status: 503, body: { code: 'SHUTTING_DOWN' } });
    const second = await TestGateway.start(options);
    try {
      await eventually('the run to end', async () => (await bucket.keys('_esclusa/runs/')).length === 1);
      await nothingLeft(options.installation, bucket);
      expect(await bucket.dataKeys()).toHaveLength(1);
    } finally {
      await second.stop();
    }
  });
});
