import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { Documented } from './support/documented.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase, unique } from './support/stack.ts';

const fixture = (behaviour: string, limits = ''): string => `job: fixture\ndatasets:\n  x:\n    behaviour: ${behaviour}\n${limits}`;
const TOKEN = 'canary-of-the-logs-4d1e';

describe("a run's document and log", () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let documented: Documented;

  beforeAll(async () => {
    bucket = await newBucket('logs');
    const database = await newDatabase('logs', 'create table productos as select g as id from generate_series(1, 10) as g');
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: {
        postgresql: 'job: postgresql\ndatasets:\n  productos:\n',
        garbage: fixture('garbage'),
        leak: fixture('leak'),
        flood: fixture('flood'),
        talk: fixture('talk'),
        'closed-port': 'job: postgresql\ndatasets:\n  productos:\nsource:\n  POSTGRES_PORT: 5433\n',
      },
      environment: { FIXTURE_TOKEN: TOKEN, MAX_ATTEMPTS: '2', STOP_GRACE_SECONDS: '1' },
    });
    documented = await Documented.of(gateway);
  });

  afterAll(async () => {
    await gateway.stop();
  });

  const get = async (path: string): Promise<string> => (await documented.request('GET', path)).text;
  const runOf = async (run: unknown): Promise<Record<string, unknown>> => JSON.parse(await get(`/api/runs/${String(run)}`)) as Record<string, unknown>;

  test('of a run that succeeded: its result, and what its job said, its container gone', async () => {
    const { body } = await gateway.post('postgresql');
    expect(body['logs']).toBe(`/api/runs/${String(body['run'])}/logs`);
    // At once, while the end is still being written down, and later, from the ledger.
    for (const wait of [async () => {}, () => nothingLeft(gateway.installation, bucket)]) {
      await wait();
      expect(await runOf(body['run'])).toMatchObject({
        run: body['run'],
        pipeline: 'postgresql',
        database: 'postgresql',
        state: 'succeeded',
        result: body['result'],
        attempts: [{ attempt: 1, state: 'committed', exitStatus: 0 }],
      });
      const lines = (await get(String(body['logs']))).trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).not.toContain('progress');
      expect(lines.join('\n')).toContain('"event":"secrets-received"');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'result', mode: 'run' });
    }
    expect(await containersWith('esclusa.run', String(body['run']))).toEqual([]);
  });

  test('of a run that failed: each attempt has its own', async () => {
    const { body } = await gateway.post('closed-port');
    await nothingLeft(gateway.installation, bucket);
    const document = await runOf(body['run']);
    expect(document).toMatchObject({ state: 'failed', error: { code: 'SOURCE_UNREACHABLE' }, attempts: [{ attempt: 1 }, { attempt: 2 }] });
    expect(document).not.toHaveProperty('result');
    const [first, second, last] = [
      await get(`${String(body['logs'])}?attempt=1`),
      await get(`${String(body['logs'])}?attempt=2`),
      await get(String(body['logs'])),
    ];
    expect(first).toContain('SOURCE_UNREACHABLE');
    expect(last).toBe(second);
    const keys = await bucket.keys(`_esclusa/logs/${String(body['run'])}/`);
    expect(keys.map((key) => key.split('/').at(-1))).toEqual(['1.jsonl', '2.jsonl']);
  });

  test('lines stay as they were, be they JSON or not', async () => {
    const { body } = await gateway.post('garbage');
    // Both streams are one log, in whatever order they came.
    expect((await get(String(body['logs']))).split('\n').toSorted()).toEqual([
      '',
      '<<<< this is no JSON >>>>',
      'warning: something looks odd',
      '{"type":"result","half":',
    ]);
  });

  test('of a run that is going on: what there is so far', async () => {
    const answer = gateway.post('talk');
    const container = await eventually('the container', async () =>
      (await containersWith('esclusa.pipeline', 'talk')).find(
        ({ Labels, State }) => Labels['esclusa.installation'] === gateway.installation && State === 'running',
      ),
    );
    const run = container.Labels['esclusa.run'] ?? '';
    await eventually('the first words', async () => (await get(`/api/runs/${run}/logs`)).includes('so far'));
    expect(await runOf(run)).toMatchObject({ state: 'running', attempts: [], pipeline: 'talk' });
    expect(await bucket.keys(`_esclusa/logs/${run}/`)).toEqual([]);
    expect((await documented.request('GET', `/api/runs/${run}/logs?attempt=2`)).status).toBe(404);
    await docker.getContainer(container.Id).kill({ signal: 'SIGUSR2' });
    await answer;
    expect(await get(`/api/runs/${run}/logs`)).toBe('so far\nand the rest\n');
  });

  test('no secret shows, in the log or the document', async () => {
    const { body } = await gateway.post('leak');
    const shown = (await get(String(body['logs']))) + JSON.stringify(await runOf(body['run']));
    expect(shown).toContain('***');
    expect(shown).not.toContain(TOKEN);
    await nothingLeft(gateway.installation, bucket);
    for (const key of await bucket.keys('_esclusa/')) expect(await bucket.text(key)).not.toContain(TOKEN);
  });

  test('of 1 GB of output the last mebibyte is kept, and what was dropped is said', async () => {
    const { body } = await gateway.post('flood');
    await nothingLeft(gateway.installation, bucket);
    const log = await get(String(body['logs']));
    expect(log.length).toBeLessThan(1.1 * 1024 * 1024);
    expect(log.length).toBeGreaterThan(0.5 * 1024 * 1024);
    expect(log.split('\n')[0]).toMatch(/\d{3,} earlier lines were dropped/);
  }, 300_000);

  test.each(['/api/runs/01942797-5a30-7cc0-8a2b-3f1d6f0e9c11', '/api/runs/..%2f..%2fopen', '/api/runs/x/logs'])(
    '%s is no run: 404 with a sentence',
    async (path) => {
      const { status, text } = await documented.request('GET', path);
      expect({ status, ...(JSON.parse(text) as object) }).toMatchObject({ status: 404, code: 'RUN_NOT_FOUND', detail: expect.stringContaining('Esclusa-Run') });
    },
  );
});

describe('a log over the death of its gateway', () => {
  test('the next gateway has what the job said before', async () => {
    const bucket = await newBucket('logs-restart');
    const options = { bucket: bucket.name, pipelines: { talk: fixture('talk') }, installation: unique('test'), environment: { FIXTURE_TOKEN: TOKEN } };
    const first = await TestGateway.start(options);
    const cut = first.post('talk').catch(() => 'cut');
    const container = await eventually('the container', async () =>
      (await containersWith('esclusa.installation', options.installation)).find(({ State }) => State === 'running'),
    );
    const run = container.Labels['esclusa.run'] ?? '';
    const logs = async (gateway: TestGateway): Promise<string> => (await fetch(`${gateway.url}/api/runs/${run}/logs`)).text();
    await eventually('the first words', async () => (await logs(first)).includes('so far'));
    await first.kill();
    expect(await cut).toBe('cut');
    const second = await TestGateway.start(options);
    try {
      await eventually('the first words again', async () => (await logs(second)).includes('so far'));
      await docker.getContainer(container.Id).kill({ signal: 'SIGUSR2' });
      await nothingLeft(options.installation, bucket);
      expect(await logs(second)).toBe('so far\nand the rest\n');
      expect(await second.request('GET', `/api/runs/${run}`)).toMatchObject({ status: 200, body: { state: 'failed', error: { code: 'JOB_CONTRACT_BROKEN' } } });
    } finally {
      await second.stop();
    }
  });
});
