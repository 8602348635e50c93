import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { docker, nothingLeft } from './support/docker.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { SESSION_LABEL, TEST_IMAGE_PREFIX, newBucket, session, stack, unique } from './support/stack.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const run = promisify(execFile);

// A job of somebody who read the contract: a source that is no database at all, with variables of its own.
const JOB_JSON = {
  name: 'zeta',
  description: 'Counts.',
  contract: 1,
  modes: ['run', 'check'],
  environment: [
    { name: 'ZETA_ORIGIN', description: 'Where to count from.', required: true },
    { name: 'ZETA_KEY', description: 'Opens the origin.', secret: true, required: true },
  ],
  datasets: { type: 'object', properties: { upTo: { type: 'integer', minimum: 1 } }, required: ['upTo'], additionalProperties: false },
  limits: { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 8, timeAllowedSeconds: 60 },
};

const MAIN = `
import { csvRecord, runJob } from '@esclusa/kit';
import { JobError } from '@esclusa/contract';
import { z } from 'zod';

await runJob({
  name: 'zeta',
  version: '1.0.0',
  dataset: z.strictObject({ upTo: z.int().min(1) }),
  async connect({ settings }) {
    if (settings['ZETA_KEY'] !== 'open sesame 5512') throw new JobError('SOURCE_REFUSED', 'the key does not open the origin');
    return {
      info: { origin: settings['ZETA_ORIGIN'] },
      snapshot: { consistency: 'snapshot' },
      list: async () => ({}),
      plan: async (_name, { upTo }) => ({
        columns: [
          { name: 'n', sourceType: 'natural', values: { kind: 'integer', bits: 32 } },
          { name: 'origin', sourceType: 'place', values: { kind: 'text' } },
        ],
        omittedColumns: [],
        read: () => ({
          rows: () => upTo,
          async *[Symbol.asyncIterator]() {
            for (let n = 1; n <= upTo; n++) yield Buffer.from(csvRecord([String(n), settings['ZETA_ORIGIN'] ?? null]));
          },
        }),
      }),
      close: async () => {},
    };
  },
});
`;

describe('a job that the project does not know', () => {
  let jobs: string;
  let pipelines: string;
  let bucket: TestBucket;
  let gateway: StartedTestContainer;
  const installation = unique('test');

  beforeAll(async () => {
    // Inside the project, so that its imports are found, and out of git's sight.
    await mkdir(join(ROOT, '.cache'), { recursive: true });
    jobs = await mkdtemp(join(ROOT, '.cache/jobs-'));
    await mkdir(join(jobs, 'zeta/src'), { recursive: true });
    await writeFile(join(jobs, 'zeta/job.json'), JSON.stringify(JOB_JSON));
    await writeFile(join(jobs, 'zeta/src/main.ts'), MAIN);
    await writeFile(
      join(jobs, 'zeta/Dockerfile'),
      'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY dist /app\nUSER 65532:65532\nENTRYPOINT ["node", "/app/main.js"]\n',
    );
    const env = { ...process.env, IMAGE_PREFIX: TEST_IMAGE_PREFIX };
    await run(join(ROOT, 'build-images.sh'), ['--jobs', jobs, 'zeta'], { env });
    await run(join(ROOT, 'build-images.sh'), ['gateway'], { env });

    pipelines = await mkdtemp(join(tmpdir(), 'esclusa-pipelines-'));
    await writeFile(join(pipelines, 'counting.yaml'), 'job: zeta\ndatasets:\n  numbers:\n    upTo: 5000\ndestination:\n  prefix: counts/daily\n');
    bucket = await newBucket('zeta');
    const { network, s3, s3Inside } = stack();
    const { gid } = await import('node:fs').then((fs) => fs.statSync('/var/run/docker.sock'));
    gateway = await new GenericContainer('esclusa-gateway:latest')
      .withNetworkMode(network)
      .withLabels({ [SESSION_LABEL]: session() })
      .withCopyFilesToContainer([{ source: join(pipelines, 'counting.yaml'), target: '/app/pipelines/counting.yaml' }])
      .withBindMounts([{ source: '/var/run/docker.sock', target: '/var/run/docker.sock' }])
      .withUser(`65532:${gid}`)
      .withEnvironment({
        HOST: '0.0.0.0',
        ALLOW_INSECURE_LISTEN: 'true',
        INSTALLATION_ID: installation,
        IMAGE_PREFIX: TEST_IMAGE_PREFIX,
        DOCKER_NETWORK: network,
        AWS_BUCKET_NAME: bucket.name,
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        S3_ENDPOINT: s3Inside,
        ZETA_ORIGIN: 'the origin, with a comma',
        ZETA_KEY: 'open sesame 5512',
      })
      .withExposedPorts(8000)
      .withWaitStrategy(Wait.forLogMessage('"listening"'))
      .start();
  });

  afterAll(async () => {
    await gateway?.stop();
    await docker.getImage(`${TEST_IMAGE_PREFIX}-zeta:latest`).remove({ force: true });
    await rm(jobs, { recursive: true });
    await rm(pipelines, { recursive: true });
  });

  test('runs end to end through the built gateway image', async () => {
    const url = `http://${gateway.getHost()}:${gateway.getMappedPort(8000)}/api/ingesta`;
    const health = (await (await fetch(`${url}/health`)).json()) as object;
    expect(health).toMatchObject({ status: 'healthy', databases: { counting: { status: 'healthy', source: { origin: 'the origin, with a comma' } } } });
    const response = await fetch(`${url}/counting`, { method: 'POST' });
    const body = (await response.json()) as { result: { numbers: { url: string } } };
    expect(body).toMatchObject({ status: 'success', database: 'zeta', result: { numbers: { registros: 5000 } } });
    expect(body.result.numbers.url).toMatch(/counts\/daily\/numbers_\d{8}_\d{6}\.csv$/);
    const lines = (await bucket.text(keyOf(body.result.numbers.url))).split('\n');
    expect(lines[0]).toBe('n,origin');
    expect(lines[5000]).toBe('5000,"the origin, with a comma"');
    await nothingLeft(installation, bucket);
  });
});
