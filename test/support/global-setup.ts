import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer, Network, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';
import { ensureDocker } from '../../scripts/setup/docker.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { eventually } from './docker.ts';
import { SESSION_LABEL, SESSION_VARIABLE, STACK_FILE_VARIABLE, type Stack, TEST_IMAGES, TEST_IMAGE_PREFIX, connectTo } from './stack.ts';

/** What the set-up started, for the tear-down in the same process. */
export interface Running {
  readonly network: StartedNetwork;
  readonly containers: StartedTestContainer[];
  /** Seconds since 1970, as Docker tells when a container was created. */
  readonly since: number;
}

declare global {
  var esclusaRunning: Running | undefined;
}

const ROOT = new URL('../..', import.meta.url).pathname;
const S3_KEYS = { accessKeyId: 'esclusa-test', secretAccessKey: 'canary-s3-secret-7f3a' };
const POSTGRES = { user: 'lector', password: 'canary-contraseña "1" 9c2e' };

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Starts what every test file shares: a network, S3 and PostgreSQL, in real containers, and builds the jobs' images. */
export default async function setUp(): Promise<void> {
  await ensureDocker(say);
  // Its image can't be pulled where no registry answers; our own check for leftovers does its work.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const made = await Promise.all(TEST_IMAGES.map(async (name) => [name, await ensureImage(name, say)] as const));
  const images = Object.fromEntries(made) as Stack['images'];
  const build = (...parameters: string[]): void => {
    const env = { ...process.env, IMAGE_PREFIX: TEST_IMAGE_PREFIX };
    execFileSync(join(ROOT, 'build-images.sh'), parameters, { env, stdio: ['ignore', 2, 'inherit'] });
  };
  build('postgresql', 'mysql', 'mongodb');
  build('--jobs', join(ROOT, 'test/jobs'), 'fixture');

  const session = randomBytes(3).toString('hex');
  process.env[SESSION_VARIABLE] = session;
  const network = await new Network().start();
  const s3 = new GenericContainer(images.s3)
    .withNetwork(network)
    .withNetworkAliases('s3')
    .withLabels({ [SESSION_LABEL]: session })
    .withEnvironment({ S3_ACCESS_KEY: S3_KEYS.accessKeyId, S3_SECRET_KEY: S3_KEYS.secretAccessKey })
    .withExposedPorts(9000)
    .withWaitStrategy(Wait.forLogMessage('esclusa-s3 ready'))
    .withStartupTimeout(120_000);
  const postgres = new GenericContainer(images.postgres)
    .withNetwork(network)
    .withNetworkAliases('postgres')
    .withLabels({ [SESSION_LABEL]: session })
    .withEnvironment({ POSTGRES_USER: POSTGRES.user, POSTGRES_PASSWORD: POSTGRES.password, POSTGRES_DB: 'postgres' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/))
    .withStartupTimeout(120_000);
  const [startedS3, startedPostgres] = await Promise.all([s3.start(), postgres.start()]);
  globalThis.esclusaRunning = { network, containers: [startedS3, startedPostgres], since: Math.floor(Date.now() / 1000) };

  const stack: Stack = {
    network: network.getName(),
    s3: {
      endpoint: `http://127.0.0.1:${startedS3.getMappedPort(9e3)}`,
      ...S3_KEYS,
    },
    s3Inside: 'http://s3:9000',
    postgres: {
      host: '127.0.0.1',
      port: startedPostgres.getMappedPort(5432),
      ...POSTGRES,
      inside: 'postgres',
    },
    images,
  };
  const file = join(mkdtempSync(join(tmpdir(), 'esclusa-test-')), 'stack.json');
  writeFileSync(file, JSON.stringify(stack));
  process.env[STACK_FILE_VARIABLE] = file;
  // The official image says that it is ready once before it listens to the network: only an answer counts.
  await eventually('PostgreSQL', async () => (await connectTo('postgres').catch(() => undefined))?.end().then(() => true), 60);
}
