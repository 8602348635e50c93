import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { DemoS3 } from '../scripts/demo/s3.ts';
import { LabContainers } from '../scripts/lib/containers.ts';
import { poll } from '../scripts/lib/poll.ts';
import { ensureDocker } from '../scripts/setup/docker.ts';
import { ensureImage } from '../scripts/setup/images.ts';
import { type LabGateway, startGateway } from './lab/start-gateway.ts';
import { usedMemory, watchPeak } from './lab/memory.ts';
import { BUCKET, KEYS, LOGIN } from './lab/names.ts';

const HELP = `npm run bench:memory: a job's and the gateway's memory in every format, through real containers to a real S3.

Usage: npm run bench:memory [-- options]
  --rows N          rows to extract (5000000)
  --formats A,B     which formats: ${Object.keys(formatsOf('')).join(', ')}, or parquet:N with row groups of N MiB (all, and parquet:16, :32, :64)
  --json            end with one line of JSON and nothing else on stdout
  --help            this text

Prints for each format the highest memory use of the job's cgroup, as the kernel counts it, and the gateway's as "docker stats" shows it:
at rest before the runs, and after them.`;

const ROOT = new URL('..', import.meta.url).pathname;
const MiB = 1024 * 1024;
const NETWORK = 'esclusa_bench';
const GATEWAY = 'esclusa_bench_gateway';
const REST_MS = 10_000;
const LIMIT_MIB = 1024;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000000' },
    formats: { type: 'string', default: 'csv,gzip,zstd,parquet,parquet:16,parquet:32,parquet:64' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => console.error(line);

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
  let gateway: LabGateway | undefined;
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
      environment: { POSTGRES_USER: LOGIN.user, POSTGRES_PASSWORD: LOGIN.password, POSTGRES_DB: LOGIN.database },
    });
    await Promise.all([load(postgresPorts[5432] ?? 0, rows), new DemoS3(`http://127.0.0.1:${s3Ports[9000]}`, KEYS).prepare(BUCKET)]);
    gateway = await startGateway(lab, {
      name: GATEWAY,
      image: 'esclusa-gateway:latest',
      network: NETWORK,
      installation: 'bench',
      endpoint: 'http://esclusa_bench_s3:9000',
      environment: {
        POSTGRES_HOST: 'esclusa_bench_postgres',
        POSTGRES_USER: LOGIN.user,
        POSTGRES_PASSWORD: LOGIN.password,
        POSTGRES_DATABASE: LOGIN.database,
      },
    });
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const rest = await usedMemory(GATEWAY);
    const runs = [];
    for (const format of values.formats.split(',')) runs.push(await extract(gateway, format, rows));
    const result = { rows, runs, gateway_rest_mib: mib(rest), gateway_after_mib: mib(await usedMemory(GATEWAY)) };
    if (!values.json) {
      console.log(`${rows} rows; of each format the peak of the job's cgroup, under a limit of ${LIMIT_MIB} MiB`);
      for (const { format, job_peak_mib, mb, seconds } of runs) {
        console.log(`${format.padEnd(12)} ${String(job_peak_mib).padStart(6)} MiB   ${String(mb).padStart(6)} MB in ${String(seconds).padStart(5)} s`);
      }
      console.log(`gateway at rest   ${result.gateway_rest_mib} MiB in docker stats; after the runs ${result.gateway_after_mib} MiB`);
    }
    console.log(JSON.stringify(result));
  } finally {
    await gateway?.close();
    await lab.clear('bench');
  }
}

/** A dataset's options by the name of its format. */
function formatsOf(rowGroup: string): Record<string, object> {
  const parquet = { format: 'parquet', ...(rowGroup === '' ? {} : { parquet: { rowGroupMiB: Number(rowGroup) } }) };
  return { csv: {}, gzip: { compression: 'gzip' }, zstd: { compression: 'zstd' }, parquet };
}

async function extract(gateway: LabGateway, format: string, rows: number) {
  const [name = '', rowGroup = ''] = format.split(':');
  const options = formatsOf(rowGroup)[name];
  if (options === undefined) throw new Error(`there is no format ${name}`);
  await gateway.write('bench', { job: 'postgresql', datasets: { filas: options }, limits: { memoryMiB: LIMIT_MIB } });
  say(`extracting ${rows} rows as ${format}`);
  const watched = watchPeak(GATEWAY);
  const started = performance.now();
  const response = await fetch(`${gateway.url}/api/ingesta/bench`, { method: 'POST' });
  const seconds = (performance.now() - started) / 1000;
  const answer = (await response.json()) as { result?: { filas: { registros: number; bytes: number } } };
  const peak = await watched.stop();
  if (answer.result === undefined) throw new Error(`the run failed: ${JSON.stringify(answer)}`);
  const { registros, bytes } = answer.result.filas;
  if (registros !== rows) throw new Error(`${registros} rows came of ${rows}`);
  const result = { format, mb: Math.round(bytes / 1e6), seconds: Math.round(seconds * 10) / 10, job_peak_mib: mib(peak) };
  say(JSON.stringify(result));
  return result;
}

function mib(value: number): number {
  return Math.round((value / MiB) * 10) / 10;
}

async function load(port: number, rows: number): Promise<void> {
  const client = await poll('PostgreSQL', 60, async () => {
    const attempt = new pg.Client({ host: '127.0.0.1', port, ...LOGIN });
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
