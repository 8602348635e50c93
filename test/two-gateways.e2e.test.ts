import { beforeAll, describe, expect, test } from '@jest/globals';
import { Seals } from '../gateway/src/ledger/seals.ts';
import { DockerProxy } from './engine/support/docker-proxy.ts';
import { containersWith, docker, eventually, nothingLeft, runningContainer } from './support/docker.ts';
import { type GatewayOptions, LEDGER_KEY, TestGateway } from './support/gateway.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase, stack, unique } from './support/stack.ts';

const ASYNC = { Prefer: 'respond-async' };
const SLOW = 'job: postgresql\ndatasets:\n  siesta:\n    query: select pg_sleep(3)::text as t\n';
const pipelines = {
  quick: 'job: postgresql\ndatasets:\n  productos:\n',
  slow: SLOW,
  missing: 'job: postgresql\ndatasets:\n  clientes:\n',
  'exit-69': 'job: fixture\ndatasets:\n  x:\n    behaviour: exit-69\n',
  talk: 'job: fixture\ndatasets:\n  x:\n    behaviour: talk\n',
};

const looked = (how: GatewayOptions): TestBucket => new TestBucket(stack().s3, how.bucket);
const containers = (how: { installation: string }) => containersWith('esclusa.installation', how.installation);

/** As an upgrade has it: the new gateway begins before the old one has ended. */
describe('two gateways of one installation', () => {
  let database: string;

  beforeAll(async () => {
    database = await newDatabase('two', 'create table productos as select g as id from generate_series(1, 10) as g');
  });

  async function options(more: Partial<GatewayOptions> = {}): Promise<GatewayOptions & { installation: string }> {
    return { bucket: (await newBucket('two')).name, database, pipelines, installation: unique('test'), ...more };
  }

  test('both drive every run, and each is decided once: one final entry, one manifest at most, the same answer from both', async () => {
    const how = await options({ environment: { MAX_ATTEMPTS: '2' } });
    const [old, young] = await Promise.all([TestGateway.start(how), TestGateway.start(how)]);
    try {
      const names = Array.from({ length: 24 }, (_, n) => ['quick', 'slow', 'missing', 'exit-69'][n % 4] ?? '');
      const answers = await Promise.all(names.map((name, n) => (n % 2 === 0 ? old : young).post(name)));
      expect(answers.map(({ status }) => status)).toEqual(names.map((name) => (name === 'quick' || name === 'slow' ? 200 : 502)));
      await nothingLeft(how.installation, looked(how));
      const bucket = looked(how);
      expect(await bucket.keys('_esclusa/runs/')).toHaveLength(24);
      expect(await bucket.keys('_esclusa/index/all/')).toHaveLength(24);
      const committed = (await bucket.commits()).flatMap(({ commit }) => (commit.state === 'committed' ? [commit.run] : []));
      expect(new Set(committed).size).toBe(committed.length);
      expect(committed).toHaveLength(12);
      // What one has answered, the other tells too.
      for (const { body } of answers) {
        const run = String(body['run']);
        const [one, other] = await Promise.all([old, young].map((gateway) => gateway.request('GET', `/api/runs/${run}`)));
        expect(other?.body).toEqual(one?.body);
      }
    } finally {
      await Promise.all([old.stop(), young.stop()]);
    }
  });

  test('a verdict of the slower one that comes when the quicker one has cleared the run away is cleared away too', async () => {
    const how = await options();
    const gateway = await TestGateway.start(how);
    try {
      const bucket = looked(how);
      const { body } = await gateway.post('talk', undefined, ASYNC);
      const [attempt = ''] = await eventually('its attempt', async () => {
        const keys = await bucket.keys('_esclusa/attempts/');
        return keys.length > 0 && keys;
      });
      await gateway.request('DELETE', `/api/runs/${String(body['run'])}`);
      await nothingLeft(how.installation, bucket);
      await bucket.put(attempt.replace(/\.json$/, '.verdict.json'), '{}');
      await nothingLeft(how.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  // Its container was taken up, and removed in the end, by the quicker one before the slower one came to start it: it creates another.
  test.each([
    ['runs to its end', 'forward', 0],
    ['is killed as it uploads', 'drop', 0],
    ['is killed as it uploads while S3 lists no uploads for a while', 'drop', 8_000],
  ] as const)('an attempt that the slower one starts again after it has published, and which %s, leaves nothing', async (_, action, awayMs) => {
    const [docks, s3, own] = [new DockerProxy(), await S3Proxy.start(), await S3Proxy.start()];
    await docks.listen();
    const shared = await options({ environment: { JOB_S3_ENDPOINT: s3.inside } });
    // It clears away without its reconciler, but for the row in which S3 fails.
    const alone = { DOCKER_HOST: docks.host, S3_ENDPOINT: own.outside, RECONCILE_SECONDS: awayMs === 0 ? '3600' : '1' };
    const slower = await TestGateway.start({ ...shared, environment: { ...shared.environment, ...alone } });
    const quicker = await TestGateway.start(shared);
    const late = Promise.withResolvers<void>();
    try {
      const bucket = looked(shared);
      docks.gate = async ({ operation, nth }, when): Promise<'forward'> => {
        if (operation === 'attach' && nth === 1 && when === 'before') await late.promise;
        return 'forward';
      };
      const run = (await slower.post('quick', undefined, ASYNC)).body['run'];
      const ended = async () => (await bucket.keys('_esclusa/runs/')).length === 1 && (await containers(shared)).length === 0;
      await eventually('the run to end at the quicker one', ended);
      await quicker.stop();
      const objects = async () => Promise.all((await bucket.dataKeys()).map(async (key) => [key, await bucket.text(key)]));
      const published = await objects();
      s3.breakAt({ operation: 'UploadPart', when: 'before', nth: 1 });
      late.resolve();
      await s3.hit();
      const back = Date.now() + awayMs;
      own.gate = ({ operation }) => (operation === 'ListMultipartUploads' && Date.now() < back ? { status: 503, code: 'SlowDown' } : 'forward');
      if (action === 'drop') await docker.getContainer((await runningContainer(run)).Id).kill({ signal: 'SIGKILL' });
      s3.release(action);
      await nothingLeft(shared.installation, bucket);
      expect(await objects()).toEqual(published);
      const { body } = await slower.request('GET', `/api/runs/${String(run)}`);
      expect(body).toMatchObject({ state: 'succeeded', attempts: [{ attempt: 1, state: 'committed' }] });
    } finally {
      late.resolve();
      await Promise.all([slower.stop(), quicker.stop(), s3.stop()]);
      await Promise.all([docks.close(), own.stop()]);
    }
  });

  test('a run that waits at the old one goes on at the new one when the old one is killed, and who asks there waits for it', async () => {
    const how = await options({ environment: { MAX_RUNNING: '1' } });
    const old = await TestGateway.start(how);
    const running = await old.post('talk', undefined, ASYNC);
    const waiting = await old.post('quick', undefined, ASYNC);
    const young = await TestGateway.start(how);
    try {
      const run = String(waiting.body['run']);
      expect((await young.request('GET', `/api/runs/${run}`)).body).toMatchObject({ state: 'queued' });
      await old.kill();
      await docker.getContainer((await containers(how))[0]?.Id ?? '').kill({ signal: 'SIGKILL' });
      const cancelled = await young.request('DELETE', `/api/runs/${String(running.body['run'])}`);
      expect([200, 202]).toContain(cancelled.status);
      await eventually('the run to end', async () => (await young.request('GET', `/api/runs/${run}`)).body['state'] === 'succeeded');
      await nothingLeft(how.installation, looked(how));
    } finally {
      await young.stop();
    }
  });

  test('a run that is cancelled at one is cancelled, though the other drives it too; and also when both are killed right after', async () => {
    const how = await options();
    const gateways = await Promise.all([TestGateway.start(how), TestGateway.start(how)]);
    const [one, other] = gateways;
    const first = await one.post('talk', undefined, ASYNC);
    await eventually('both to drive it', async () => (await other.request('GET', `/api/runs/${String(first.body['run'])}`)).body['state'] === 'running');
    await other.request('DELETE', `/api/runs/${String(first.body['run'])}`);
    await eventually('its end', async () => (await one.request('GET', `/api/runs/${String(first.body['run'])}`)).body['state'] === 'cancelled');

    const second = await one.post('talk', undefined, ASYNC);
    await eventually('it to run', async () => (await one.request('GET', `/api/runs/${String(second.body['run'])}`)).body['state'] === 'running');
    // The wish is in the ledger, and nobody there to grant it.
    const owner = (await looked(how).keys('_esclusa/open/'))[0]?.split('/').slice(2, 4).join('/');
    await Promise.all(gateways.map((gateway) => gateway.kill()));
    const run = String(second.body['run']);
    const [key, wish] = [`_esclusa/cancels/${owner}/${run}.json`, JSON.stringify({ version: 1, run, askedAt: new Date().toISOString() })];
    await looked(how).put(key, wish, new Seals({ current: LEDGER_KEY }).metadataOf(key, wish));
    const third = await TestGateway.start(how);
    try {
      await eventually('its end', async () => (await third.request('GET', `/api/runs/${String(second.body['run'])}`)).body['state'] === 'cancelled');
      await nothingLeft(how.installation, looked(how));
    } finally {
      await third.stop();
    }
  });

  test('two installations on one bucket leave each other alone', async () => {
    const how = await options();
    const stranger = { ...how, installation: unique('test') };
    const gateway = await TestGateway.start(how);
    const run = await gateway.post('talk', undefined, ASYNC);
    const [container] = await eventually('its container', async () => {
      const all = await containers(how);
      return all[0]?.State === 'running' && all;
    });
    await gateway.kill();
    const neighbour = await TestGateway.start(stranger);
    try {
      expect((await neighbour.post('quick')).status).toBe(200);
      await nothingLeft(stranger.installation, looked(how)).catch((error: Error) => expect(error.message).toContain(String(run.body['run'])));
      expect((await containers(how)).map(({ Id, State }) => ({ Id, State }))).toEqual([{ Id: container?.Id, State: 'running' }]);
      expect((await looked(how).keys('_esclusa/open/')).filter((key) => key.includes(String(run.body['run'])))).toHaveLength(1);
    } finally {
      await neighbour.stop();
    }
    const back = await TestGateway.start(how);
    try {
      await back.request('DELETE', `/api/runs/${String(run.body['run'])}`);
      await nothingLeft(how.installation, looked(how));
    } finally {
      await back.stop();
    }
  });
});
