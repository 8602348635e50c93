import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATA_PACKAGE } from '@esclusa/contract';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { Documented } from './support/documented.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { TEST_IMAGE_PREFIX, newBucket, newDatabase, stack, unique } from './support/stack.ts';

const GOOD = 'job: postgresql\ndatasets:\n  productos:\n';
const pipelines = {
  postgresql: GOOD,
  'closed-port': `${GOOD}source:\n  POSTGRES_PORT: 5433\n`,
  // So that its time to be kept, which counts from its latest end, is short too.
  brief: `${GOOD}limits:\n  timeAllowedSeconds: 5\n`,
};
const keep = JSON.stringify({ keep: true });

/** Containers of an installation that are not running, by name. */
async function ended(installation: string): Promise<string[]> {
  const containers = await containersWith('esclusa.installation', installation);
  const names = containers.filter(({ State }) => State === 'exited').map(({ Names }) => Names.join().slice(1));
  return names.toSorted();
}

/** Labels of a container that is kept. */
function label(which: string, until: string, more: Record<string, string> = {}): Record<string, string> {
  return { 'esclusa.keep': which, 'esclusa.keep-until': until, ...more };
}

/** What an operator does in the end: `docker rm -f`. */
async function removeAll(installation: string): Promise<void> {
  for (const { Id } of await containersWith('esclusa.installation', installation)) await docker.getContainer(Id).remove({ force: true }).catch(goneAlready);
}

/** A gateway may be removing it at this moment. */
function goneAlready(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}

/** An ended container with these labels, as a gateway leaves it. */
async function plant(installation: string, run: string, labels: Record<string, string>): Promise<string> {
  const container = await docker.createContainer({
    name: unique('kept'),
    Image: `${TEST_IMAGE_PREFIX}-fixture:latest`,
    Labels: { 'esclusa.installation': installation, 'esclusa.run': run, 'esclusa.attempt': '1', 'esclusa.mode': 'run', ...labels },
  });
  await container.start();
  await container.wait();
  return (await container.inspect()).Name.slice(1);
}

describe('containers that are kept to be looked into', () => {
  let bucket: TestBucket;
  let database: string;
  let gateway: TestGateway;
  const started: string[] = [];

  const start = async (environment: Record<string, string> = {}, installation = unique('test')): Promise<TestGateway> => {
    started.push(installation);
    return TestGateway.start({ bucket: bucket.name, database, pipelines, installation, environment: { MAX_ATTEMPTS: '2', ...environment } });
  };

  beforeAll(async () => {
    bucket = await newBucket('keep');
    database = await newDatabase('keep', 'create table productos as select g as id from generate_series(1, 10) as g');
    gateway = await start();
  });

  afterAll(async () => {
    await gateway.stop();
    for (const installation of started) await removeAll(installation);
  });

  test('by "keep" in the body: the answer names it, docker logs and inspect show it, and no secret', async () => {
    const { status, body } = await gateway.post('postgresql', keep);
    expect(status).toBe(200);
    const name = String(body['container']);
    const container = docker.getContainer(name);
    const inspected = await eventually('the container to be over', async () => {
      const found = await container.inspect();
      return found.State.Status === 'exited' && found;
    });
    expect(inspected.Config.Labels).toMatchObject({ 'esclusa.run': body['run'], 'esclusa.keep': 'all' });
    expect(Date.parse(inspected.Config.Labels['esclusa.keep-until'] ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const log = (await container.logs({ stdout: true, stderr: true })).toString();
    expect(log).toContain('"type":"result"');
    for (const secret of [stack().s3.secretAccessKey, JSON.stringify(stack().postgres.password).slice(1, -1)]) {
      expect(JSON.stringify(inspected) + log).not.toContain(secret);
    }
    await nothingLeft(gateway.installation, bucket, [], [name]);
    const documented = await Documented.of(gateway);
    expect(JSON.parse((await documented.request('GET', `/api/runs/${String(body['run'])}`)).text)).toMatchObject({
      container: name,
      attempts: [{ container: name }],
    });
  });

  test('of a run that fails and is tried again, each attempt has its own', async () => {
    const { status, body } = await gateway.post('closed-port', keep);
    expect(status).toBe(503);
    const attempts = body['attempts'] as { container: string }[];
    const names = attempts.map(({ container }) => container);
    expect(new Set(names).size).toBe(2);
    expect(body['container']).toBe(names[1]);
    expect(await ended(gateway.installation)).toEqual(expect.arrayContaining(names));
  });

  test('one that was not asked for goes as ever', async () => {
    const { body } = await gateway.post('postgresql');
    expect(body).not.toHaveProperty('container');
    await nothingLeft(
      gateway.installation,
      bucket,
      [],
      await ended(gateway.installation).then((names) => names.filter((name) => !name.includes(String(body['run'])))),
    );
  });

  test('they outlive a restart, and docker rm -f is fine', async () => {
    const before = await ended(gateway.installation);
    expect(before).toHaveLength(3);
    const { installation } = gateway;
    await gateway.stop();
    // Evidence that the next gateway has cleaned up: one that is to go.
    const doomed = await plant(installation, 'ended', {});
    gateway = await start({}, installation);
    await eventually('the clean-up', async () => !(await ended(installation)).includes(doomed));
    expect(await ended(installation)).toEqual(before);
    await removeAll(installation);
    expect(await gateway.post('postgresql')).toMatchObject({ status: 200 });
    await nothingLeft(installation, bucket);
  });

  test.each([
    ['failed', [false, true]],
    ['all', [true, true]],
  ])('KEEP_CONTAINERS=%s', async (policy, [ofSuccess, ofFailure]) => {
    const other = await start({ KEEP_CONTAINERS: policy, MAX_ATTEMPTS: '1' });
    try {
      const good = await other.post('postgresql');
      const bad = await other.post('closed-port');
      expect([good.body, bad.body].map((body) => typeof body['container'] === 'string')).toEqual([ofSuccess, ofFailure]);
      const names = [good.body, bad.body].flatMap(({ container }) => (typeof container === 'string' ? [container] : []));
      await nothingLeft(other.installation, bucket, [], names);
      expect(new Set(await ended(other.installation))).toEqual(new Set(names));
    } finally {
      await other.stop();
    }
  });

  test('they go once their time is over, while the gateway runs', async () => {
    const other = await start({ KEEP_HOURS: '0.001' });
    try {
      const { body } = await other.post('brief', keep);
      expect(typeof body['container']).toBe('string');
      await nothingLeft(other.installation, bucket);
    } finally {
      await other.stop();
    }
  });

  test('at a start: those whose time is over go, and those that need not be kept', async () => {
    const installation = unique('test');
    const before = await start({}, installation);
    const { run } = (await before.post('postgresql')).body;
    await before.stop();
    const [past, future] = [new Date(Date.now() - 1_000).toISOString(), new Date(Date.now() + 3_600_000).toISOString()];
    const committed = '_esclusa/commits/planted/1.json';
    const decision = { contract: 1, run: 'planted', attempt: 1, token: 't', pipeline: 'p', job: 'j', created: past, snapshot: { consistency: 'none' } };
    const file = { name: 'd', path: 'k', url: 's3://b/k', rows: 0, bytes: 0, hash: `sha256:${'0'.repeat(64)}` };
    await bucket.put(committed, JSON.stringify({ $schema: DATA_PACKAGE, name: 'p', state: 'committed', ...decision, resources: [file] }));
    await plant(installation, 'over', label('all', past));
    await plant(installation, String(run), label('failed', future));
    await plant(installation, 'spoilt', label('all', 'tomorrow'));
    const stay = [
      await plant(installation, 'kept', label('all', future)),
      await plant(installation, 'failed', label('failed', future, { 'esclusa.commit-key': '_esclusa/commits/nobody/1.json' })),
      // A manifest is a job's word; whether its run succeeded, the final entry says.
      await plant(installation, 'planted', label('failed', future, { 'esclusa.commit-key': committed })),
    ].toSorted();
    const other = await start({}, installation);
    try {
      await eventually('the others to go', async () => (await ended(installation)).length === stay.length);
      expect(await ended(installation)).toEqual(stay);
    } finally {
      await other.stop();
    }
  });
});

describe('an engine that has no containers', () => {
  test('says so: 501 for a request, and a refusal to start with KEEP_CONTAINERS', async () => {
    const bucket = await newBucket('keep-process');
    const environment = { ENGINE: 'process', JOB_S3_ENDPOINT: stack().s3.endpoint };
    const gateway = await TestGateway.start({ bucket: bucket.name, pipelines, environment });
    try {
      const { status, body } = await gateway.post('postgresql', keep);
      expect({ status, code: body['code'], field: body['field'] }).toEqual({ status: 501, code: 'NOT_SUPPORTED', field: 'keep' });
      expect(body['detail']).toContain('ENGINE=docker');
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
    const { code, output } = await TestGateway.refuse({ bucket: 'any', pipelines, environment: { ...environment, KEEP_CONTAINERS: 'failed' } });
    expect(code).toBe(78);
    expect(output).toMatch(/KEEP_CONTAINERS: the process engine has no containers to keep/);
  });
});
