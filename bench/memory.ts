import { statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Docker from 'dockerode';
import pg from 'pg';
import { DemoS3 } from '../scripts/demo/s3.ts';
import { LabContainers } from '../scripts/lib/containers.ts';
import { poll } from '../scripts/lib/poll.ts';
import { ensureDocker } from '../scripts/setup/docker.ts';
import { ensureImage } from '../scripts/setup/images.ts';

const HELP = `npm run bench:memory: a job's and the gateway's memory, through real containers to a real S3.

Usage: npm run bench:memory [-- options]
  --rows N      rows to extract (5000000)
  --json        end with one line of JSON and nothing else on stdout
  --help        this text

Prints the highest memory use of the job's cgroup, as the kernel counts it, and the gateway's as "docker stats" shows it:
at rest before the run, and after it.`;

const ROOT = new URL('..', import.meta.url).pathname;
const MiB = 1024 * 1024;
const NETWORK = 'esclusa_bench';
const GATEWAY = 'esclusa_bench_gateway';
const BUCKET = 'bench';
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };
const POSTGRES = { user: 'bench', password: 'bench', database: 'bench' };
const REST_MS = 10_000;

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '5000000' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const say = (line: string): void => console.error(line);
const docker = new Docker();

if (values.help) console.log(HELP);
else
  await measure(Number(values.rows)).catch((error: Error) => {
    say(`bench:memory: ${error.message}`);
    process.exitCode = 1;
  });

async function measure(rows: number): Promise<void> {
  await ensureDocker(say);
  const [s3Image, postgresImage] = [await ensureImage('s3', say), await ensureImage('postgres', say)];
  execFileSync(join(ROOT, 'build-images.sh'), [], { stdio: ['ignore', process.stderr, process.stderr] });
  const lab = new LabContainers(NETWORK, 'esclusa.bench');
  const pipelines = await mkdtemp(join(tmpdir(), 'esclusa-bench-'));
  try {
    await lab.prepare();
    const s3Ports = await lab.start({
      name: 'esclusa_bench_s3',
      image: s3Image,
      ports: { 9000: 0 },
      environment: { S3_ACCESS_KEY: KEYS.accessKeyId, S3_SECRET_KEY: KEYS.secretAccessKey },
    });
    const postgresPorts = await lab.start({
      name: 'esclusa_bench_postgres',
      image: postgresImage,
      ports: { 5432: 0 },
      command: ['postgres', '-c', 'fsync=off', '-c', 'max_wal_size=4GB'],
      environment: { POSTGRES_USER: POSTGRES.user, POSTGRES_PASSWORD: POSTGRES.password, POSTGRES_DB: POSTGRES.database },
    });
    await Promise.all([load(postgresPorts[5432] ?? 0, rows), new DemoS3(`http://127.0.0.1:${s3Ports[9000]}`, KEYS).prepare(BUCKET)]);
    // The gateway is a user of its own.
    await chmod(pipelines, 0o755);
    await writeFile(join(pipelines, 'bench.yaml'), 'job: postgresql\ndatasets:\n  filas:\nlimits:\n  memoryMiB: 256\n');
    const gatewayPorts = await lab.start({
      name: GATEWAY,
      image: 'esclusa-gateway:latest',
      ports: { 8000: 0 },
      binds: ['/var/run/docker.sock:/var/run/docker.sock', `${pipelines}:/app/pipelines:ro`],
      groups: [String(statSync('/var/run/docker.sock').gid)],
      environment: {
        HOST: '0.0.0.0',
        ALLOW_INSECURE_LISTEN: 'true',
        INSTALLATION_ID: 'bench',
        LOG_LEVEL: 'debug',
        MAX_ATTEMPTS: '1',
        DOCKER_NETWORK: NETWORK,
        AWS_BUCKET_NAME: BUCKET,
        S3_ENDPOINT: 'http://esclusa_bench_s3:9000',
        AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
        POSTGRES_HOST: 'esclusa_bench_postgres',
        POSTGRES_USER: POSTGRES.user,
        POSTGRES_PASSWORD: POSTGRES.password,
        POSTGRES_DATABASE: POSTGRES.database,
      },
    });
    const url = `http://127.0.0.1:${gatewayPorts[8000]}`;
    await poll('the gateway', 30, async () => {
      const response = await fetch(`${url}/health`);
      if (!response.ok) throw new Error(await response.text());
    }).catch(async (error: unknown) => {
      say(await lab.log(GATEWAY));
      throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const rest = await used(GATEWAY);

    say(`extracting ${rows} rows under a limit of 256 MiB`);
    const peaks = watchPeaks();
    const started = performance.now();
    const response = await fetch(`${url}/api/ingesta/bench`, { method: 'POST' });
    const seconds = (performance.now() - started) / 1000;
    const answer = (await response.json()) as { result?: { filas: { registros: number; bytes: number } } };
    const peak = await peaks.stop();
    if (answer.result === undefined) throw new Error(`the run failed: ${JSON.stringify(answer)}`);
    const { registros, bytes } = answer.result.filas;
    if (registros !== rows) throw new Error(`${registros} rows came of ${rows}`);
    const after = await used(GATEWAY);

    const mib = (value: number): number => Math.round((value / MiB) * 10) / 10;
    const result = {
      rows,
      mb: Math.round(bytes / 1e6),
      seconds: Math.round(seconds * 10) / 10,
      job_peak_mib: mib(peak),
      gateway_rest_mib: mib(rest),
      gateway_after_mib: mib(after),
    };
    if (!values.json) {
      console.log(`rows              ${rows} (${result.mb} MB of CSV in ${result.seconds} s, ${Math.round(bytes / 1e6 / seconds)} MB/s)`);
      console.log(`job, peak         ${result.job_peak_mib} MiB of its cgroup`);
      console.log(`gateway at rest   ${result.gateway_rest_mib} MiB in docker stats; after the run ${result.gateway_after_mib} MiB`);
    }
    console.log(JSON.stringify(result));
  } finally {
    await lab.clear('bench');
    await rm(pipelines, { recursive: true });
  }
}

async function load(port: number, rows: number): Promise<void> {
  const client = await poll('PostgreSQL', 60, async () => {
    const attempt = new pg.Client({ host: '127.0.0.1', port, ...POSTGRES });
    await attempt.connect();
    return attempt;
  });
  say(`loading ${rows} rows`);
  await client.query(
    `create table filas as select g as id, md5(g::text) as a, md5((-g)::text) as b, g * 1.5 as c, now() as d from generate_series(1, ${rows}) as g`,
  );
  await client.query('analyze');
  await client.end();
}

/** Memory as the `docker stats` command shows it: usage without the page cache that could be given back. */
async function used(name: string): Promise<number> {
  const { memory_stats: memory } = await docker.getContainer(name).stats({ stream: false });
  const stats = memory.stats as unknown as Record<string, number | undefined>;
  return memory.usage - (stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0);
}

/** Follows the gateway's log for the peak that the kernel counted for the job's cgroup, which the job reports as it goes. */
function watchPeaks(): { stop: () => Promise<number> } {
  let peak = 0;
  const logs = docker.getContainer(GATEWAY).logs({ stdout: true, stderr: true, follow: true, tail: 0 });
  const following = logs.then((stream) => {
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (const [, value] of rest.matchAll(/"memoryPeakBytes":(\d+)/g)) peak = Math.max(peak, Number(value));
      rest = rest.slice(-100);
    });
    return stream as NodeJS.ReadableStream & { destroy(): void };
  });
  return {
    async stop() {
      const stream = await following;
      await new Promise((resolve) => setTimeout(resolve, 500));
      stream.destroy();
      if (peak === 0) throw new Error("the job did not report its cgroup's memory");
      return peak;
    },
  };
}
