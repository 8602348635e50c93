import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, eventually, nothingLeft, runningContainer } from './support/docker.ts';
import { Documented } from './support/documented.ts';
import { readEvents } from './support/events.ts';
import { type Answer, TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase } from './support/stack.ts';

const fixture = (behaviour: string): string => `job: fixture\ndatasets:\n  x:\n    behaviour: ${behaviour}\n`;
const ROWS = 300_000;

interface Page {
  runs: { run: string; state: string; pipeline: string }[];
  next?: string;
}

describe('a caller who does not wait', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let documented: Documented;

  beforeAll(async () => {
    bucket = await newBucket('async');
    const database = await newDatabase('async', `create table productos as select g as id, repeat(md5(g::text), 8) as t from generate_series(1, ${ROWS}) as g`);
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: {
        postgresql: 'job: postgresql\ndatasets:\n  productos:\n',
        sleeping: 'job: postgresql\ndatasets:\n  siesta:\n    query: select pg_sleep(600)::text as t\n',
        talk: fixture('talk'),
        'exit-69': fixture('exit-69'),
      },
      environment: { MAX_RUNNING: '2', MAX_ATTEMPTS: '2', MAX_WAIT_SECONDS: '20' },
    });
    documented = await Documented.of(gateway);
  });

  afterAll(async () => {
    await nothingLeft(gateway.installation, bucket);
    await gateway.stop();
  });

  const post = (pipeline: string, prefer?: string): Promise<Answer> => gateway.post(pipeline, undefined, prefer === undefined ? {} : { Prefer: prefer });
  const runOf = async (run: unknown): Promise<Record<string, unknown>> =>
    JSON.parse((await documented.request('GET', `/api/runs/${String(run)}`)).text) as Record<string, unknown>;
  const ended = (run: unknown): Promise<Record<string, unknown>> =>
    eventually('the run to end', async () => {
      const document = await runOf(run);
      return 'endedAt' in document ? document : undefined;
    });
  const list = async (query: string): Promise<Page> => JSON.parse((await documented.request('GET', query)).text) as Page;
  const cancel = (run: unknown) => documented.request('DELETE', `/api/runs/${String(run)}`);

  test('is told at once where to ask, and finds the result there', async () => {
    const { status, headers, body } = await post('postgresql', 'respond-async');
    expect({ status, location: headers.get('location'), applied: headers.get('preference-applied') }).toEqual({
      status: 202,
      location: `/api/runs/${String(body['run'])}`,
      applied: 'respond-async',
    });
    expect(body).toMatchObject({ pipeline: 'postgresql', database: 'postgresql', attempts: [], requestedBy: { via: 'http', caller: 'anonymous' } });
    const run = await ended(body['run']);
    expect(run).toMatchObject({
      state: 'succeeded',
      result: { productos: { registros: ROWS } },
      progress: { rows: ROWS, percent: 100, etaSeconds: 0, datasets: { productos: { rows: ROWS } } },
    });
    const timeline = (run['timeline'] as { at: string; event: string }[]).toSorted((a, b) => (a.at < b.at ? -1 : 1));
    expect(timeline.map(({ event }) => event)).toEqual([
      'accepted',
      'recorded',
      'begun',
      'created',
      'started',
      'secrets-received',
      'connected',
      'first-row',
      'last-row',
      'published',
      'ended',
      'committed',
      'succeeded',
      'answered',
    ]);
  });

  test('waits as long as it wants: answered within it when the run ends, else 202', async () => {
    const quick = await post('postgresql', 'respond-async, wait=20');
    expect({ status: quick.status, applied: quick.headers.get('preference-applied'), result: quick.body['status'] }).toEqual({
      status: 200,
      applied: 'wait=20',
      result: 'success',
    });
    const slow = await post('sleeping', 'wait=1');
    expect({ status: slow.status, applied: slow.headers.get('preference-applied') }).toEqual({ status: 202, applied: 'wait=1' });
    await cancel(slow.body['run']);
    await ended(slow.body['run']);
  });

  test('sees the run live: its states, how far it is, and its end; and comes back where it was', async () => {
    const { body } = await post('postgresql', 'respond-async');
    const url = `${gateway.url}/api/runs/${String(body['run'])}/events`;
    const events = await readEvents(url);
    expect(events.filter(({ event }) => event === 'state').map(({ data }) => data['state'])).toEqual(
      expect.arrayContaining(['queued', 'running', 'succeeded']),
    );
    expect(events.filter(({ event }) => event === 'progress').at(-1)?.data).toMatchObject({ rows: ROWS, percent: 100 });
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded', result: { productos: { registros: ROWS } } } });
    const ids = events.flatMap(({ id }) => id ?? []);
    expect(ids.map(Number)).toEqual(ids.map(Number).toSorted((a, b) => a - b));

    const rest = await readEvents(url, ids[2]);
    expect(rest.flatMap(({ id }) => id ?? [])).toEqual(ids.slice(3));
    expect(rest.at(-1)?.event).toBe('end');
    const nothing = await fetch(url, { headers: { 'Last-Event-ID': ids.at(-1) ?? '' } });
    expect(nothing.status).toBe(204);
  });

  test('follows what the job says until it ends, as text or as JSON lines', async () => {
    const { body } = await post('talk', 'respond-async');
    const { Id } = await runningContainer(body['run']);
    await eventually('the first words', async () => (await (await fetch(`${gateway.url}/api/runs/${String(body['run'])}/logs`)).text()).includes('so far'));
    const follow = (accept: string) => fetch(`${gateway.url}/api/runs/${String(body['run'])}/logs?follow=true`, { headers: { Accept: accept } });
    const [text, json] = await Promise.all([follow('text/plain'), follow('application/x-ndjson')]);
    await docker.getContainer(Id).kill({ signal: 'SIGUSR2' });
    expect((await text.text()).split('\n')).toEqual(expect.arrayContaining(['so far', 'and the rest']));
    const lines = (await json.text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      expect.arrayContaining([
        { type: 'text', text: 'so far' },
        { type: 'text', text: 'and the rest' },
      ]),
    );
  });

  test('cancels a run whose query is at work: it is cancelled at the source too, and nothing is published', async () => {
    const before = await bucket.dataKeys();
    const { body } = await post('sleeping', 'respond-async');
    await eventually('the query', async () => (await runOf(body['run']))['state'] === 'running');
    const waiting = fetch(`${gateway.url}/api/runs/${String(body['run'])}/events`);
    expect([200, 202]).toContain((await cancel(body['run'])).status);
    expect(await ended(body['run'])).toMatchObject({ state: 'cancelled', error: { code: 'JOB_CANCELLED' }, attempts: [{ attempt: 1, state: 'aborted' }] });
    expect(await (await waiting).text()).toContain('"event":"cancelled"');
    expect((await cancel(body['run'])).status).toBe(200);
    expect(await bucket.dataKeys()).toEqual(before);
  });

  test('cancels a run that waits: it never has a container, and who waited for it is told', async () => {
    const holding = await Promise.all([post('talk', 'respond-async'), post('talk', 'respond-async')]);
    // The place of the run before may be free a moment after its end.
    for (const { body } of holding) await eventually('the place to be taken', async () => (await runOf(body['run']))['state'] === 'running');
    const waiting = post('postgresql');
    const queued = await eventually('it to be in line', async () => {
      const [first] = (await list('/api/runs?state=queued&pipeline=postgresql')).runs;
      return first !== undefined && 'position' in (await runOf(first.run)) && first;
    });
    expect(await runOf(queued.run)).toMatchObject({ state: 'queued', position: 0 });
    const cancelled = await cancel(queued.run);
    expect([cancelled.status, JSON.parse(cancelled.text)]).toMatchObject([200, { state: 'cancelled', attempts: [] }]);
    expect(await waiting).toMatchObject({ status: 409, body: { code: 'JOB_CANCELLED' } });
    await Promise.all(holding.map(({ body }) => cancel(body['run'])));
    await Promise.all(holding.map(({ body }) => ended(body['run'])));
  });

  test('can not cancel what has succeeded', async () => {
    const { body } = await post('postgresql');
    const late = await cancel(body['run']);
    expect([late.status, JSON.parse(late.text)]).toMatchObject([409, { code: 'RUN_ENDED', run: body['run'] }]);
  });

  test('finds runs newest first, by pipeline, state and time, page by page', async () => {
    const since = new Date().toISOString();
    const made: unknown[] = [];
    for (const pipeline of ['postgresql', 'exit-69', 'postgresql']) made.unshift((await post(pipeline)).body['run']);
    const all = `/api/runs?since=${since}`;
    expect((await list(all)).runs.map(({ run }) => run)).toEqual(made);
    expect((await list(`${all}&pipeline=postgresql`)).runs.map(({ run }) => run)).toEqual([made[0], made[2]]);
    expect((await list(`${all}&state=failed,cancelled`)).runs).toMatchObject([{ run: made[1], state: 'failed', pipeline: 'exit-69' }]);
    expect((await list(`/api/runs?until=${since}`)).runs.map(({ run }) => run)).not.toContain(made[2]);
    const pages: string[] = [];
    let next: string | undefined = `${all}&limit=1`;
    while (next !== undefined) {
      const page: Page = await list(next);
      pages.push(...page.runs.map(({ run }) => run));
      next = page.next;
    }
    expect(pages).toEqual(made);
  });

  test.each(['state=finished', 'limit=0', 'since=yesterday', 'cursor=../../x', 'colour=red', 'pipeline=A/B'])(
    'a query that makes no sense is said: %s',
    async (query) => {
      const { status, text } = await documented.request('GET', `/api/runs?${query}`);
      expect([status, JSON.parse(text)]).toMatchObject([400, { code: 'BODY_INVALID', errors: [{ message: expect.any(String) }] }]);
    },
  );

  test('asks what a run would extract, without a run', async () => {
    const { status, text } = await documented.request('POST', '/api/ingesta/postgresql/plan');
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      {
        database: 'postgresql',
        datasets: {
          productos: {
            columns: [
              { name: 'id', type: 'integer', sourceType: 'integer' },
              { name: 't', type: 'string', sourceType: 'text' },
            ],
            omittedColumns: [],
          },
        },
      },
    ]);
    const missing = await documented.request('POST', '/api/ingesta/postgresql/plan', { body: '{"datasets":["clientes"]}' });
    expect([missing.status, JSON.parse(missing.text)]).toMatchObject([400, { code: 'BODY_INVALID', datasets: ['productos'] }]);
  });
});
