import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, filesOf } from '@esclusa/contract';
import type { AttemptEntry } from '../gateway/src/ledger/entries.ts';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { type GatewayOptions, TestGateway } from './support/gateway.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { newBucket, newDatabase, unique } from './support/stack.ts';

const DATASETS = 'job: postgresql\ndatasets:\n  productos:\n  ofertas:\n';
const HIVE = 'lago/{pipeline}/dt={date}/{dataset}_{time}.csv';
const template = (key: string): string => `${DATASETS}destination: { key: '${key}' }\n`;

type Result = Record<string, { url: string; registros: number }>;

describe('destination.key', () => {
  let bucket: TestBucket;
  let database: string;
  let proxy: S3Proxy;

  beforeAll(async () => {
    [bucket, proxy, database] = await Promise.all([
      newBucket('keys'),
      S3Proxy.start(),
      newDatabase(
        'keys',
        'create table productos as select g as id from generate_series(1, 30) as g',
        'create table ofertas as select g as id from generate_series(1, 20) as g',
      ),
    ]);
  });

  afterAll(() => proxy.stop());

  test('is what answer, manifest, latest.json and bucket agree on', async () => {
    const pipelines = {
      hive: template(HIVE),
      run: template('{pipeline}/{run}/{dataset}.csv'),
      both: template('{dataset}/{date}/{time}/{run}_{pipeline}'),
    };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines });
    try {
      for (const pipeline of Object.keys(pipelines)) {
        const { status, body } = await gateway.post(pipeline);
        expect(status).toBe(200);
        await nothingLeft(gateway.installation, bucket);
        const run = String(body['run']);
        const manifest = JSON.parse(await bucket.text(`_esclusa/latest/${pipeline}.json`)) as Manifest;
        expect(manifest.run).toBe(run);
        const result = body['result'] as Result;
        for (const resource of manifest.resources) {
          const { name } = resource;
          const [{ path, url } = { path: '', url: '' }] = filesOf(resource);
          expect(url).toBe(`s3://${bucket.name}/${path}`);
          expect(result[name]?.url).toBe(url);
          expect(path).toMatch(
            {
              hive: new RegExp(`^lago/hive/dt=\\d{4}-\\d\\d-\\d\\d/${name}_\\d{6}\\.csv$`),
              run: new RegExp(`^run/${run}/${name}\\.csv$`),
              both: new RegExp(`^${name}/\\d{4}-\\d\\d-\\d\\d/\\d{6}/${run}_both$`),
            }[pipeline] ?? /never/,
          );
          expect((await bucket.text(path)).split('\n')).toHaveLength((result[name]?.registros ?? 0) + 2);
        }
        // The day and the second are those of the run, by UTC.
        const { acceptedAt, endedAt } = (await gateway.request('GET', `/api/runs/${run}`)).body as { acceptedAt: string; endedAt: string };
        const stamp = /(\d{4}-\d\d-\d\d)\/\D*?(\d{6})/.exec(String(manifest.resources[0]?.path));
        if (pipeline === 'run') continue;
        const at = `${stamp?.[1]} ${stamp?.[2]}`;
        expect([second(acceptedAt), second(endedAt), at].toSorted()[1]).toBe(at);
      }
    } finally {
      await gateway.stop();
    }
  });

  test('of runs in one second: every file has a key of its own', async () => {
    const own = await newBucket('keys');
    const gateway = await TestGateway.start({ bucket: own.name, database, pipelines: { hive: template(HIVE) } });
    try {
      const answers = await Promise.all(Array.from({ length: 4 }, () => gateway.post('hive')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const urls = answers.flatMap(({ body }) => Object.values(body['result'] as Result).map(({ url }) => keyOf(url)));
      expect(new Set(urls).size).toBe(8);
      expect(await own.dataKeys()).toEqual(urls.toSorted());
      expect(urls.every((key) => /^lago\/hive\/dt=[-\d]{10}\/(productos|ofertas)_\d{6}(_[0-9a-f]{8})?\.csv$/.test(key))).toBe(true);
      await nothingLeft(gateway.installation, own);
    } finally {
      await gateway.stop();
    }
  });

  test.each([
    ['{date} and {time}', HIVE],
    ['{run} alone', '{pipeline}/{run}/{dataset}.csv'],
  ])('of a second attempt differs from that of the first: with %s', async (_, key) => {
    const own = await newBucket('keys');
    const environment = { JOB_S3_ENDPOINT: proxy.inside, MAX_ATTEMPTS: '2' };
    const gateway = await TestGateway.start({ bucket: own.name, database, pipelines: { reintento: template(key) }, environment });
    try {
      proxy.breakAt({ operation: 'CompleteMultipartUpload', when: 'after', nth: 1 });
      const answer = gateway.post('reintento');
      await proxy.hit();
      const [first = ''] = await own.dataKeys();
      await docker.getContainer((await containersWith('esclusa.installation', gateway.installation))[0]?.Id ?? '').kill();
      proxy.release('drop');
      const { status, body } = await answer;
      expect(status).toBe(200);
      const keys = Object.values(body['result'] as Result).map(({ url }) => keyOf(url));
      expect(keys).not.toContain(first);
      await nothingLeft(gateway.installation, own);
      expect(await own.dataKeys()).toEqual(keys.toSorted());
      if (key !== HIVE) expect(keys).toEqual(['productos', 'ofertas'].map((dataset) => `reintento/${String(body['run'])}/${dataset}_2.csv`));
    } finally {
      await gateway.stop();
    }
  });

  test('of attempts that fail within one second differ too', async () => {
    const own = await newBucket('keys');
    const { gateway, stop } = await quickGateway(own);
    try {
      expect((await gateway.post('fugaz')).body).toMatchObject({ code: 'JOB_FAILED' });
      await eventually('the final entry', async () => (await own.keys('_esclusa/runs/')).length === 1);
      const keys = (await attemptsIn(own)).map((attempt) => attempt.keys['x']);
      expect(keys).toHaveLength(4);
      expect(new Set(keys).size).toBe(4);
    } finally {
      await stop();
    }
  });

  test('of runs that end within one second, one after the other, differ too', async () => {
    const own = await newBucket('keys');
    const { gateway, stop } = await quickGateway(own, { MAX_ATTEMPTS: '1' });
    try {
      let attempts: AttemptEntry[] = [];
      await eventually('two runs of one second', async () => {
        expect((await gateway.post('fugaz')).body).toMatchObject({ code: 'JOB_FAILED' });
        attempts = await attemptsIn(own);
        return new Set(attempts.map(({ stamp }) => stamp)).size < attempts.length;
      });
      expect(new Set(attempts.map(({ keys }) => keys['x'])).size).toBe(attempts.length);
      await eventually('the seconds to be given back', async () => (await own.keys('_esclusa/stamps/')).length === 0);
    } finally {
      await stop();
    }
  });

  test('of which a gateway was killed before it gave the second back: the next one does', async () => {
    const own = await newBucket('keys');
    const { gateway, options, stop } = await quickGateway(own, { MAX_ATTEMPTS: '1', RECONCILE_SECONDS: '1' });
    try {
      await eventually('a second that outlasts its run', async () => {
        await gateway.post('fugaz');
        await eventually('the end of the run', async () => (await own.keys('_esclusa/open/')).length === 0);
        return (await own.keys('_esclusa/stamps/')).length > 0;
      });
      await gateway.kill();
      const next = await TestGateway.start(options);
      try {
        await eventually('the second to be given back', async () => (await own.keys('_esclusa/stamps/')).length === 0, 30);
      } finally {
        await next.stop();
      }
    } finally {
      await stop();
    }
  });

  test.each([
    ['no {dataset}', template('{pipeline}/{run}.csv'), 'destination.key: needs {dataset}: each dataset has a file of its own'],
    ['nothing that tells two runs apart', template('{dataset}_{date}.csv'), 'destination.key: needs {run}, or both {date} and {time}'],
    ['a placeholder that is not there', template('{dataset}_{hour}_{run}.csv'), 'destination.key: there is no placeholder {hour}'],
    ["the ledger's prefix before it", template('_esclusa/{dataset}_{run}.csv'), 'destination.key: "_esclusa/productos_'],
    ['more bytes than S3 takes', template(`${'l'.repeat(1_000)}/{dataset}_{run}.csv`), 'S3 takes 1024; make it shorter by'],
    ['a prefix that is the ledger’s', `${DATASETS}destination: { prefix: _esclusa }\n`, 'destination.prefix: "_esclusa/productos_'],
  ])('with %s: the gateway does not start, and says file, line, field and mend', async (_, yaml, words) => {
    const { code, output } = await TestGateway.refuse({ bucket: bucket.name, pipelines: { mala: yaml } });
    expect(code).toBe(78);
    expect(output).toContain('mala.yaml:5: ');
    // The log is JSON.
    expect(output.replaceAll('\\"', '"')).toContain(words);
  });
});

describe('defaults', () => {
  test('reach every dataset, and what a dataset says itself wins', async () => {
    const bucket = await newBucket('defaults');
    const table = 'as select g as id, g * 2 as doble, g * 3 as triple from generate_series(1, 50) as g';
    const database = await newDatabase('defaults', `create table a ${table}`, `create table b ${table}`, `create table c ${table}`);
    const yaml = [
      'job: postgresql',
      'defaults: { limit: 3, exclude: [triple] }',
      'datasets:',
      '  a:',
      '  b: { limit: 5 }',
      '  c: { exclude: [doble], where: id > 48 }',
    ];
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { ventas: yaml.join('\n') } });
    try {
      const { status, body } = await gateway.post('ventas');
      expect(status).toBe(200);
      const result = body['result'] as Result;
      const found = Object.entries(result).map(async ([name, { url, registros }]) => [name, registros, (await bucket.text(keyOf(url))).split('\n')[0]]);
      expect(await Promise.all(found)).toEqual([
        ['a', 3, 'id,doble'],
        ['b', 5, 'id,doble'],
        ['c', 2, 'id,triple'],
      ]);
      // A default that no dataset may have is told once, where it stands.
      const refused = { bucket: bucket.name, pipelines: { mala: 'job: postgresql\ndefaults: { limit: 0 }\ndatasets:\n  a:\n  b:\n' } };
      const { code, output } = await TestGateway.refuse(refused);
      expect({ code, told: output.split('mala.yaml:2: defaults.limit: ').length - 1 }).toEqual({ code: 78, told: 1 });
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });
});

interface QuickGateway {
  readonly gateway: TestGateway;
  readonly options: GatewayOptions;
  readonly stop: () => Promise<void>;
}

/** A gateway with a pipeline that fails as quickly as can be: a process that ends at once, and hardly a pause before the next attempt. */
async function quickGateway(own: TestBucket, environment: Record<string, string> = {}): Promise<QuickGateway> {
  const jobs = await mkdtemp(join(tmpdir(), 'esclusa-jobs-'));
  await mkdir(join(jobs, 'fugaz'));
  const limits = { memoryMiB: 64, cpus: 1, pids: 8, scratchMiB: 1, timeAllowedSeconds: 60 };
  const job = { name: 'fugaz', description: 'Ends at once.', contract: 1, modes: ['run'], environment: [], datasets: {}, limits };
  await writeFile(join(jobs, 'fugaz/job.json'), JSON.stringify({ ...job, process: { command: ['/bin/sh', '-c', 'exit 69'] } }));
  const quick = { ENGINE: 'process', JOBS_DIR: jobs, RETRY_BASE_SECONDS: '0.001', SWEEP_AGAIN_SECONDS: '3600' };
  const pipelines = { fugaz: `job: fugaz\ndatasets:\n  x:\ndestination: { key: '${HIVE}' }\n` };
  const options = { bucket: own.name, pipelines, environment: { ...quick, ...environment }, installation: unique('quick') };
  const gateway = await TestGateway.start(options);
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await rm(jobs, { recursive: true });
  };
  return { gateway, options, stop };
}

async function attemptsIn(own: TestBucket): Promise<AttemptEntry[]> {
  const keys = (await own.keys('_esclusa/attempts/')).filter((key) => !/\.(verdict|decision)\.json$/.test(key));
  return Promise.all(keys.map(async (key) => JSON.parse(await own.text(key)) as AttemptEntry));
}

/** An instant as a key has it. */
function second(instant: string): string {
  return instant.slice(0, 19).replace('T', ' ').replaceAll(':', '');
}
