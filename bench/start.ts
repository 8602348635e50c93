import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Docker from 'dockerode';
import { type DemoDatabase, DATABASES, connectionOf, variablesOf } from '../scripts/demo/databases.ts';
import { DemoS3 } from '../scripts/demo/s3.ts';
import { LabContainers } from '../scripts/lib/containers.ts';
import { ensureDocker } from '../scripts/setup/docker.ts';
import { ensureImage } from '../scripts/setup/images.ts';
import { Forwarder } from './forwarder.ts';
import { byHand, dockerRun } from './lab/by-hand.ts';
import { hostAddress } from './lab/host-address.ts';
import { BUCKET, KEYS } from './lab/names.ts';
import { median, rounded } from './report/statistics.ts';

const HELP = `npm run bench:start: the jobs' images, and how long each takes from "docker run" to its first byte at S3.

Usage: npm run bench:start [-- options]
  --rounds N    runs of each job (15); the first of each is thrown away
  --json        end with one line of JSON and nothing else on stdout
  --help        this text

Runs the jobs and a bare Node in turn, and prints medians: of "docker run" to the first byte of the first part, to the end of
the job, and of "docker run" of a Node that does nothing.`;

const ROOT = new URL('..', import.meta.url).pathname;
const NETWORK = 'esclusa_bench';
// Small datasets: what is measured is the way to the first byte.
const SMALL: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  postgresql: { ofertas: {} },
  mysql: { users: {} },
  mongodb: { medicos: { columns: ['cmp', 'nombre'] } },
};

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const say = (line: string): void => console.error(line);
const docker = new Docker();

if (values.help) console.log(HELP);
else
  await measure(Number(values.rounds)).catch((error: Error) => {
    say(`bench:start: ${error.message}`);
    process.exitCode = 1;
  });

async function measure(rounds: number): Promise<void> {
  await ensureDocker(say);
  const [base, s3Image] = [await ensureImage('base', say), await ensureImage('s3', say)];
  execFileSync(join(ROOT, 'build-images.sh'), [], { stdio: ['ignore', process.stderr, process.stderr] });
  const lab = new LabContainers(NETWORK, 'esclusa.bench');
  let forwarder: Forwarder | undefined;
  try {
    await lab.prepare();
    const s3Ports = await lab.start({ name: 'esclusa_bench_s3', image: s3Image, ports: { 9000: 0 }, environment: s3Environment() });
    await new DemoS3(`http://127.0.0.1:${s3Ports[9000]}`, KEYS).prepare(BUCKET);
    const address = await hostAddress(NETWORK);
    forwarder = await Forwarder.listen(address, s3Ports[9000] ?? 0);
    for (const database of DATABASES) await start(lab, database);

    const samples = new Map<string, { firstByte: number[]; end: number[] }>();
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push((await dockerRun(['--network', NETWORK, base, 'node', '-e', '0'])).ms);
      for (const database of DATABASES) {
        const of = samples.get(database.pipeline) ?? { firstByte: [], end: [] };
        samples.set(database.pipeline, of);
        const passing = forwarder.firstByte();
        const { began, ms } = await dockerRun(jobOf(database, `http://${address}:${forwarder.port}`, round));
        of.firstByte.push((await passing) - began);
        of.end.push(ms);
      }
    }
    await report(samples, middle(bare));
  } finally {
    await forwarder?.close();
    await lab.clear();
  }
}

function s3Environment(): Record<string, string> {
  return { S3_ACCESS_KEY: KEYS.accessKeyId, S3_SECRET_KEY: KEYS.secretAccessKey };
}

async function start(lab: LabContainers, database: DemoDatabase): Promise<void> {
  const connection = connectionOf(database, {});
  const container = { name: `esclusa_bench_${database.pipeline}`, image: await ensureImage(database.image, say), ports: { [database.port]: 0 } };
  const ports = await lab.start({ ...container, environment: database.environment(connection) });
  await database.load({ ...connection, port: ports[database.port] ?? 0 });
  say(`${database.label} is loaded`);
}

/** What "docker run" is given for a job by hand. */
function jobOf(database: DemoDatabase, endpoint: string, round: number): string[] {
  const { pipeline, port } = database;
  const variables = variablesOf(database, { ...connectionOf(database, {}), host: `esclusa_bench_${pipeline}`, port });
  const datasets = SMALL[pipeline] ?? {};
  return byHand({ image: imageOf(pipeline), network: NETWORK, run: `start-${pipeline}-${round}`, pipeline, datasets, variables, endpoint });
}

function imageOf(job: string): string {
  return `pharmavida-ingesta-${job}:latest`;
}

/** The median, the first of all left out: it warms caches. */
function middle(samples: readonly number[]): number {
  return rounded(median(samples.slice(1)), 0);
}

async function report(samples: ReadonlyMap<string, { firstByte: readonly number[]; end: readonly number[] }>, bare: number): Promise<void> {
  const jobs: Record<string, { image_mb: number; first_byte_ms: number; end_ms: number }> = {};
  for (const [job, { firstByte, end }] of samples) {
    const { Size } = await docker.getImage(imageOf(job)).inspect();
    jobs[job] = { image_mb: Math.round(Size / 1e6), first_byte_ms: middle(firstByte), end_ms: middle(end) };
  }
  if (!values.json) {
    console.log(`job          image   first byte at S3   end`);
    for (const [job, { image_mb: mb, first_byte_ms: first, end_ms: end }] of Object.entries(jobs)) {
      console.log(`${job.padEnd(11)} ${String(mb).padStart(3)} MB   ${`${first} ms`.padEnd(16)}   ${end} ms`);
    }
    console.log(`node -e 0   ${' '.repeat(27)}${bare} ms`);
  }
  console.log(JSON.stringify({ jobs, bare_node_ms: bare }));
}
