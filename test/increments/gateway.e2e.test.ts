import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, filesOf, resourceOf } from '@esclusa/contract';
import type pg from 'pg';
import { containersWith, docker, eventually, nothingLeft } from '../support/docker.ts';
import { TestGateway } from '../support/gateway.ts';
import { S3Proxy } from '../support/s3-proxy.ts';
import type { TestBucket } from '../support/s3.ts';
import { connectTo, newBucket, newDatabase, unique } from '../support/stack.ts';

const PIPELINES = {
  eventos: 'job: postgresql\ndatasets:\n  eventos: { incremental: { cursor: id } }\n  clientes:\n',
  lento: "job: postgresql\ndatasets:\n  eventos: { query: 'select id, pg_sleep(0.3)::text from eventos', incremental: { cursor: id } }\n",
};

type Datasets = Record<string, { readonly registros: number; readonly incremental?: Record<string, unknown> }>;

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

describe('increments through the gateway', () => {
  let database: string;
  let client: pg.Client;

  beforeAll(async () => {
    database = await newDatabase(
      'incrementos',
      'create table eventos (id bigserial primary key, texto text)',
      'create table clientes (id int); insert into clientes values (1)',
    );
    client = await connectTo(database);
  });

  afterAll(() => client?.end());

  const add = async (count: number): Promise<void> =>
    void (await client.query('insert into eventos (texto) select md5(g::text) from generate_series(1, $1) as g', [count]));

  test('states that have no room beside each other are refused by name, and what is taken away makes room', async () => {
    const bucket = await newBucket('incrementos');
    const datasets = Array.from({ length: 130 }, (_, n) => `  d${n}: { table: eventos, incremental: { cursor: id } }\n`);
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { muchos: `job: postgresql\ndatasets:\n${datasets.join('')}` } });
    const body = JSON.stringify({ state: { cursor: 'id', value: '1'.repeat(32_700) } });
    const put = async (n: number) => gateway.request('PUT', `/api/ingesta/muchos/state/d${n}`, body);
    try {
      let n = 0;
      while (n < 130 && (await put(n)).status === 200) n++;
      expect(n).toBeGreaterThan(100);
      expect(await put(n)).toMatchObject({
        status: 409,
        body: { code: 'STATES_TOO_LARGE', detail: expect.stringContaining('DELETE /api/ingesta/muchos/state/<dataset>') },
      });
      expect((await gateway.request('DELETE', '/api/ingesta/muchos/state/d0')).status).toBe(200);
      expect((await put(n)).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });

  test('each run has what is new; answer, manifest and state say so, and the state can be read, set and forgotten', async () => {
    await client.query('truncate eventos restart identity');
    const bucket = await newBucket('incrementos');
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: PIPELINES });
    const run = async (body?: string) => {
      const answer = await gateway.post('eventos', body);
      await nothingLeft(gateway.installation, bucket);
      const { eventos, clientes } = (answer.body['result'] ?? {}) as Datasets;
      return { run: String(answer.body['run']), status: answer.status, body: answer.body, eventos, clientes };
    };
    const state = async () => (await gateway.request('GET', '/api/ingesta/eventos/state')).body;
    try {
      expect(await state()).toEqual({ pipeline: 'eventos', datasets: {} });
      await add(5);
      const first = await run();
      expect(first).toMatchObject({ status: 200, eventos: { registros: 5, incremental: { cursor: 'id', mode: 'full', to: '5' } }, clientes: { registros: 1 } });
      expect(first.clientes).not.toHaveProperty('incremental');
      expect(await state()).toEqual({
        pipeline: 'eventos',
        datasets: { eventos: { state: { cursor: 'id', value: '5' }, run: first.run, attempt: 1, at: expect.any(String) } },
      });
      await add(3);
      const second = await run();
      expect(second).toMatchObject({
        eventos: { registros: 3, incremental: { mode: 'increment', from: '5', fromIncluded: false, to: '8' } },
        clientes: { registros: 1 },
      });
      const manifest = JSON.parse(await bucket.text('_esclusa/latest/eventos.json')) as Manifest;
      expect(resourceOf(manifest, 'eventos')).toMatchObject({ rows: 3, incremental: { from: '5', to: '8' }, state: { cursor: 'id', value: '8' } });
      expect((await gateway.request('GET', `/api/runs/${second.run}`)).body).toMatchObject({ result: { eventos: { incremental: { from: '5', to: '8' } } } });
      expect(await run()).toMatchObject({ status: 200, eventos: { registros: 0 } });
      expect(await idsIn(bucket)).toEqual([numbers(1, 5), numbers(6, 8), []]);

      // A run of other datasets leaves it alone.
      expect((await run('{"datasets": ["clientes"]}')).status).toBe(200);
      expect(await state()).toMatchObject({ datasets: { eventos: { state: { value: '8' } } } });
      expect(await run('{"fullRefresh": true}')).toMatchObject({ eventos: { registros: 8, incremental: { mode: 'full', to: '8' } } });
      expect(await run()).toMatchObject({ eventos: { registros: 0, incremental: { mode: 'increment', from: '8' } } });

      const path = '/api/ingesta/eventos/state/eventos';
      const set = await gateway.request('PUT', path, '{"state": {"cursor": "id", "value": "6"}}');
      expect(set).toMatchObject({ status: 200, body: { datasets: { eventos: { state: { cursor: 'id', value: '6' } } } } });
      expect((set.body['datasets'] as Record<string, object>)['eventos']).not.toHaveProperty('run');
      expect(await run()).toMatchObject({ eventos: { registros: 2, incremental: { from: '6', to: '8' } } });
      expect((await gateway.request('DELETE', path)).body).toEqual({ pipeline: 'eventos', datasets: {} });
      expect(await run()).toMatchObject({ eventos: { registros: 8, incremental: { mode: 'full' } } });

      // A mistake shows in the next run, which costs nothing.
      await gateway.request('PUT', path, '{"state": {"cursor": "fecha", "value": "2025-01-01"}}');
      expect(await run()).toMatchObject({ status: 502, body: { code: 'STATE_INVALID', detail: expect.stringContaining('{"fullRefresh": true}') } });
      expect(await run('{"fullRefresh": true}')).toMatchObject({ status: 200, eventos: { registros: 8 } });
      expect(await state()).toMatchObject({ datasets: { eventos: { state: { cursor: 'id', value: '8' } } } });
    } finally {
      await gateway.stop();
    }
  });

  test('what can not be set is refused with a reason', async () => {
    const bucket = await newBucket('incrementos');
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: PIPELINES });
    const put = (dataset: string, body: string) => gateway.request('PUT', `/api/ingesta/eventos/state/${dataset}`, body);
    try {
      expect(await put('clientes', '{"state": {}}')).toMatchObject({
        status: 400,
        body: { code: 'BODY_INVALID', detail: expect.stringContaining('has no incremental dataset "clientes"; there are eventos') },
      });
      expect(await put('eventos', '{}')).toMatchObject({ status: 400, body: { code: 'BODY_INVALID', detail: expect.stringContaining('state: ') } });
      expect(await put('eventos', 'state=5')).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('send {"state": {"cursor": "…", "value": "…"}}') },
      });
      expect(await put('eventos', '{"state": 5}')).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
      expect(await gateway.request('GET', '/api/ingesta/nada/state')).toMatchObject({ status: 404, body: { code: 'PIPELINE_NOT_FOUND' } });
      await client.query('truncate eventos restart identity');
      await add(10);
      const running = gateway.post('lento');
      const claimed = await eventually('the claim', async () => (await gateway.request('GET', '/api/ingesta/lento/state')).body['claimedBy']);
      const refused = await gateway.request('DELETE', '/api/ingesta/lento/state/eventos');
      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'STATE_CLAIMED', detail: expect.stringContaining(String(claimed)) },
      });
      expect(await gateway.request('DELETE', '/api/ingesta/lento/claim')).toMatchObject({ status: 409, body: { code: 'STATE_CLAIMED' } });
      expect((await running).body['run']).toBe(claimed);
      const { status, body } = await gateway.request('DELETE', '/api/ingesta/lento/claim');
      expect({ status, body }).toMatchObject({ status: 200, body: { datasets: { eventos: { run: claimed } } } });
    } finally {
      await gateway.stop();
    }
  });

  test('runs that are asked for at once go one after the other, and one that is cancelled leaves the rest to the next', async () => {
    await client.query('truncate eventos restart identity');
    await add(8);
    const bucket = await newBucket('incrementos');
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: PIPELINES });
    try {
      const answers = Promise.all([gateway.post('lento'), gateway.post('lento'), gateway.post('lento')]);
      const first = String(await eventually('the claim', async () => (await gateway.request('GET', '/api/ingesta/lento/state')).body['claimedBy']));
      await add(4);
      await eventually('it to run', async () => (await containersWith('esclusa.run', first)).some(({ State }) => State === 'running'));
      await gateway.request('DELETE', `/api/runs/${first}`);
      const statuses = (await answers).map(({ status, body }) => [body['run'] === first, status]);
      expect(statuses.toSorted(([, a], [, b]) => Number(a) - Number(b))).toEqual([
        [false, 200],
        [false, 200],
        [true, 409],
      ]);
      await nothingLeft(gateway.installation, bucket);
      expect((await idsIn(bucket)).map((ids) => ids.toSorted((a, b) => Number(a) - Number(b)))).toEqual([
        numbers(1, 12),
        // Nobody knows that the query's column is a key.
        ['12'],
      ]);
    } finally {
      await gateway.stop();
    }
  });

  describe('a gateway that is killed', () => {
    let proxy: S3Proxy;

    beforeAll(async () => {
      proxy = await S3Proxy.start();
    });

    afterAll(() => proxy?.stop());

    test.each([
      ['before it has claimed the state', 1, 'before'],
      ['after it has claimed the state', 1, 'after'],
      ['before it has taken in what was committed', 2, 'before'],
      ['after it has taken in what was committed', 2, 'after'],
    ] as const)('%s: the next one goes on, and every row comes once', async (_what, nth, when) => {
      await client.query('truncate eventos restart identity');
      await add(5);
      const bucket = await newBucket('incrementos');
      const options = { bucket: bucket.name, database, pipelines: PIPELINES, installation: unique('test') };
      const first = await TestGateway.start({ ...options, environment: { S3_ENDPOINT: proxy.outside } });
      const held = Promise.withResolvers<void>();
      const go = Promise.withResolvers<'drop'>();
      let writes = 0;
      proxy.gate = ({ operation, url }, at) => {
        if (!url.includes('/_esclusa/states/') || !operation.startsWith('Put')) return 'forward';
        if (at === 'before') writes++;
        if (writes !== nth || at !== when) return 'forward';
        held.resolve();
        return go.promise;
      };
      const answer = first.post('eventos').catch(() => 'cut');
      await held.promise;
      await first.kill();
      go.resolve('drop');
      await answer;
      proxy.reset();
      await add(2);
      const second = await TestGateway.start(options);
      try {
        const next = await second.post('eventos');
        expect(next.status).toBe(200);
        await eventually('both runs to end', async () => (await bucket.keys('_esclusa/runs/')).length === 2);
        await nothingLeft(options.installation, bucket);
        expect((await idsIn(bucket)).flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(1, 7));
        expect((await second.request('GET', '/api/ingesta/eventos/state')).body).toMatchObject({ datasets: { eventos: { state: { value: '7' } } } });
        expect((await second.request('GET', '/api/ingesta/eventos/state')).body).not.toHaveProperty('claimedBy');
      } finally {
        await second.stop();
      }
    });

    test('before it has cleared away a run that has ended: taking it up once more takes nothing back that others have read since', async () => {
      await client.query('truncate eventos restart identity');
      await add(5);
      const bucket = await newBucket('incrementos');
      const options = { bucket: bucket.name, database, pipelines: PIPELINES, installation: unique('test') };
      const first = await TestGateway.start({ ...options, environment: { S3_ENDPOINT: proxy.outside } });
      proxy.breakAt({ operation: 'DeleteOpen', when: 'before', nth: 1 });
      expect((await first.post('eventos')).body).toMatchObject({ status: 'success' });
      await proxy.hit();
      await first.kill();
      proxy.release('drop');
      proxy.reset();
      await add(2);
      // On the same bucket, and none of the first one's business.
      const other = await TestGateway.start({ ...options, installation: unique('test') });
      expect((await other.post('eventos')).body).toMatchObject({ result: { eventos: { registros: 2, incremental: { from: '5', to: '7' } } } });
      await other.stop();
      const second = await TestGateway.start(options);
      try {
        await eventually('the first run to be cleared away', async () => (await bucket.keys('_esclusa/open/')).length === 0);
        expect((await second.post('eventos')).body).toMatchObject({ result: { eventos: { registros: 0, incremental: { from: '7' } } } });
        await nothingLeft(options.installation, bucket);
        expect((await idsIn(bucket)).flat()).toEqual(numbers(1, 7));
      } finally {
        await second.stop();
      }
    });

    test.each(['before', 'after'] as const)(
      'and whose host is gone for good, %s it has committed: its claim is taken away, another one goes on, and what comes back does no harm',
      async (when) => {
        await client.query('truncate eventos restart identity');
        await add(5);
        const bucket = await newBucket('incrementos');
        const options = { bucket: bucket.name, database, pipelines: PIPELINES, installation: unique('test') };
        const gone = await TestGateway.start({ ...options, environment: { JOB_S3_ENDPOINT: proxy.inside } });
        proxy.breakAt({ operation: 'PutCommitKey', when, nth: 1 });
        const answer = gone.post('eventos').catch(() => 'cut');
        await proxy.hit();
        await gone.kill();
        await answer;
        await add(2);
        // Another owner: it does not see the run, whose gateway might be there yet.
        const other = await TestGateway.start({ ...options, installation: unique('test') });
        try {
          const next = other.post('eventos');
          if (when === 'before') await eventually('the other run to wait', async () => other.log.some((line) => line.includes('it is waited for')));
          expect(await other.request('DELETE', '/api/ingesta/eventos/claim')).toMatchObject({ status: 200 });
          const { status, body } = await next;
          expect({ status, body }).toMatchObject({ status: 200, body: { result: { eventos: { registros: when === 'before' ? 7 : 2 } } } });
        } finally {
          await eventually('its container to go', async () => (await containersWith('esclusa.installation', other.installation)).length === 0);
          await other.stop();
        }
        // The job wakes up, and so does its gateway: what it had read came with another run.
        proxy.release('forward');
        const back = await TestGateway.start(options);
        try {
          await eventually('both runs to end', async () => (await bucket.keys('_esclusa/runs/')).length === 2);
          await nothingLeft(options.installation, bucket);
          expect((await idsIn(bucket)).flat()).toEqual(numbers(1, 7));
        } finally {
          await back.stop();
        }
      },
    );

    test('and whose job is killed after its commit: the rows count', async () => {
      await client.query('truncate eventos restart identity');
      await add(5);
      const bucket = await newBucket('incrementos');
      const options = { bucket: bucket.name, database, pipelines: PIPELINES, installation: unique('test') };
      const first = await TestGateway.start({ ...options, environment: { JOB_S3_ENDPOINT: proxy.inside } });
      proxy.breakAt({ operation: 'PutCommitKey', when: 'after', nth: 1 });
      const answer = first.post('eventos').catch(() => 'cut');
      await proxy.hit();
      await first.kill();
      await docker.getContainer((await containersWith('esclusa.installation', options.installation))[0]?.Id ?? '').kill();
      proxy.release('drop');
      await answer;
      proxy.reset();
      const second = await TestGateway.start(options);
      try {
        expect((await second.post('eventos')).body).toMatchObject({ status: 'success', result: { eventos: { registros: 0, incremental: { from: '5' } } } });
        await nothingLeft(options.installation, bucket);
        expect((await idsIn(bucket)).flat()).toEqual(numbers(1, 5));
      } finally {
        await second.stop();
      }
    });
  });
});

async function idsOf(bucket: TestBucket, manifest: Manifest): Promise<string[]> {
  const resource = resourceOf(manifest, 'eventos');
  const [file] = resource === undefined ? [] : filesOf(resource);
  const text = file === undefined ? '' : await bucket.text(file.path);
  return text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(',')[0] ?? '');
}

/** Ids in the files of all runs that were committed, in the order of the runs. */
async function idsIn(bucket: TestBucket): Promise<string[][]> {
  const manifests = (await bucket.commits())
    .flatMap(({ commit }) => (commit.state === 'committed' ? [commit] : []))
    .toSorted((a, b) => (a.created < b.created ? -1 : 1));
  return Promise.all(manifests.map((manifest) => idsOf(bucket, manifest)));
}
