import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LabContainers } from '../lib/containers.ts';
import { poll } from '../lib/poll.ts';
import { ensureDocker } from '../setup/docker.ts';
import { ensureImage } from '../setup/images.ts';
import { DemoS3, loadPostgres } from './pharmavida.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const NETWORK = 'pharmavida_network';
const BUCKET = 'pharmavida-ingesta';
const INSTALLATION = 'demo';
const CREDENTIALS = { accessKeyId: 'pharmavida', secretAccessKey: 'pharmavida-secret' };
const POSTGRES = { user: 'admin', password: 'pharmavida123', database: 'pharmavida_db' };
const SHOWN_LINES = 5;

const HELP = `npm run demo: PharmaVida's PostgreSQL to S3, through a real container.

Usage: npm run demo [-- options]
  --once       end after the run, and clean up
  --port N     port of the gateway on loopback (8000)
  --help       this text

Without Docker: set POSTGRES_HOST (and POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DATABASE) and S3_ENDPOINT
(and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) to servers that somebody else runs; jobs then run as plain processes.`;

const started = performance.now();
const say = (line: string): void => console.log(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`);

/** What the demo has set up, and how to take it down again. */
interface Stage {
  readonly url: string;
  readonly s3: DemoS3;
  clear(): Promise<void>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, port: { type: 'string', default: '8000' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(HELP);
  const port = Number(values.port);
  const interrupted = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.resolve());

  const stage = await setUp(port);
  try {
    await Promise.race([show(stage), interrupted.promise]);
    if (!values.once) {
      console.log(
        `\nThe gateway stays up at ${stage.url}; Ctrl-C ends it. Try:\n  curl -X POST ${stage.url}/api/ingesta/postgresql\n  curl ${stage.url}/health\n`,
      );
      await interrupted.promise;
    }
  } finally {
    say('cleaning up');
    await stage.clear();
    say('done');
  }
}

async function setUp(port: number): Promise<Stage> {
  try {
    await ensureDocker(say);
  } catch (error) {
    if (process.env['POSTGRES_HOST'] === undefined || process.env['S3_ENDPOINT'] === undefined) throw error;
    say(`no Docker (${(error as Error).message.split('\n')[0]}); using the servers that POSTGRES_HOST and S3_ENDPOINT name`);
    return withoutDocker(port, process.env['S3_ENDPOINT']);
  }
  return withDocker(port);
}

async function withDocker(port: number): Promise<Stage> {
  say('images: PostgreSQL, S3, the job, the gateway');
  const [s3Image, postgresImage] = await Promise.all([ensureImage('s3', say), ensureImage('postgres', say)]);
  execFileSync(join(ROOT, 'build-images.sh'), [], { stdio: ['ignore', 'inherit', 'inherit'] });

  const containers = new LabContainers(NETWORK, 'esclusa.demo');
  const clear = (): Promise<void> => containers.clear(INSTALLATION);
  try {
    say(`starting PostgreSQL and S3 on the network ${NETWORK}`);
    await containers.prepare();
    const [s3Ports, postgresPorts] = await Promise.all([
      containers.start({
        name: 'pharmavida_s3',
        image: s3Image,
        ports: { 9e3: 0 },
        environment: {
          S3_ACCESS_KEY: CREDENTIALS.accessKeyId,
          S3_SECRET_KEY: CREDENTIALS.secretAccessKey,
        },
      }),
      containers.start({
        name: 'pharmavida_postgresql',
        image: postgresImage,
        ports: { 5432: 0 },
        environment: {
          POSTGRES_USER: POSTGRES.user,
          POSTGRES_PASSWORD: POSTGRES.password,
          POSTGRES_DB: POSTGRES.database,
        },
      }),
    ]);
    const s3 = new DemoS3(`http://127.0.0.1:${s3Ports[9000]}`, CREDENTIALS);
    const [products] = await Promise.all([loadPostgres({ host: '127.0.0.1', port: postgresPorts[5432] ?? 0, ...POSTGRES }), s3.prepare(BUCKET)]);
    say(`PharmaVida is loaded: ${products} products; the bucket ${BUCKET} is there`);

    await containers.start({
      name: 'esclusa_gateway',
      image: 'esclusa-gateway:latest',
      ports: { 8e3: port },
      binds: ['/var/run/docker.sock:/var/run/docker.sock', `${join(ROOT, 'pipelines')}:/app/pipelines:ro`],
      groups: [String(statSync('/var/run/docker.sock').gid)],
      environment: {
        ...gatewayEnvironment(),
        HOST: '0.0.0.0',
        ALLOW_INSECURE_LISTEN: 'true',
        DOCKER_NETWORK: NETWORK,
        S3_ENDPOINT: 'http://pharmavida_s3:9000',
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        POSTGRES_HOST: 'pharmavida_postgresql',
        POSTGRES_PORT: '5432',
        POSTGRES_USER: POSTGRES.user,
        POSTGRES_PASSWORD: POSTGRES.password,
        POSTGRES_DATABASE: POSTGRES.database,
      },
    });
    const url = `http://localhost:${port}`;
    await healthy(url).catch(async (error: unknown) => {
      console.error(await containers.log('esclusa_gateway'));
      throw error;
    });
    return { url, s3, clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

function variable(name: string, otherwise: string): string {
  return process.env[name] ?? otherwise;
}

/** Somebody else's PostgreSQL and S3, and jobs as processes. */
async function withoutDocker(port: number, endpoint: string): Promise<Stage> {
  const credentials = {
    accessKeyId: variable('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId),
    secretAccessKey: variable('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey),
  };
  const connection = {
    host: variable('POSTGRES_HOST', 'localhost'),
    port: Number(variable('POSTGRES_PORT', '5432')),
    user: variable('POSTGRES_USER', POSTGRES.user),
    password: variable('POSTGRES_PASSWORD', POSTGRES.password),
    database: variable('POSTGRES_DATABASE', POSTGRES.database),
  };
  const s3 = new DemoS3(endpoint, credentials);
  const [products] = await Promise.all([loadPostgres(connection), s3.prepare(BUCKET)]);
  say(`PharmaVida is loaded: ${products} products; the bucket ${BUCKET} is there`);
  const env = {
    ...process.env,
    ...gatewayEnvironment(),
    PORT: String(port),
    ENGINE: 'process',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    POSTGRES_HOST: connection.host,
    POSTGRES_PORT: String(connection.port),
    POSTGRES_USER: connection.user,
    POSTGRES_PASSWORD: connection.password,
    POSTGRES_DATABASE: connection.database,
  };
  const gateway: ChildProcess = spawn(process.execPath, [join(ROOT, 'gateway/src/main.ts')], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const clear = async (): Promise<void> => {
    if (gateway.exitCode !== null) return;
    gateway.kill('SIGTERM');
    await once(gateway, 'exit');
  };
  const url = `http://localhost:${port}`;
  await healthy(url).catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  return { url, s3, clear };
}

function gatewayEnvironment(): Record<string, string> {
  return { INSTALLATION_ID: INSTALLATION, AWS_BUCKET_NAME: BUCKET, AWS_REGION: 'us-east-1' };
}

async function healthy(url: string): Promise<void> {
  await poll('the gateway', 30, async () => {
    const response = await fetch(`${url}/health`);
    if (!response.ok) throw new Error(await response.text());
  });
  say(`the gateway answers at ${url}`);
}

/** POSTs, prints the answer, and the first lines of each file as they lie in S3. */
async function show({ url, s3 }: Stage): Promise<void> {
  say(`curl -X POST ${url}/api/ingesta/postgresql`);
  const response = await fetch(`${url}/api/ingesta/postgresql`, { method: 'POST' });
  const answer = (await response.json()) as { result?: Record<string, { url: string; registros: number }> };
  say(`answer ${response.status}:`);
  console.log(JSON.stringify(answer, null, 2));
  if (answer.result === undefined) throw new Error('the run failed; the answer above says why');
  for (const [dataset, { url: object, registros }] of Object.entries(answer.result)) {
    const text = await s3.head(object, 4096);
    console.log(`\n${dataset}: ${registros} rows, ${object}`);
    console.log(
      text
        .split('\n')
        .slice(0, SHOWN_LINES)
        .map((line) => `  ${line}`)
        .join('\n'),
    );
  }
}

try {
  await main();
} catch (error) {
  console.error(`\nThe demo could not go on: ${(error as Error).message}`);
  process.exitCode = 1;
}
