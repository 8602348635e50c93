import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Docker from 'dockerode';
import pg from 'pg';
import { DATABASES, type DemoDatabase, connectionOf, variablesOf } from '../scripts/demo/databases.ts';
import type { LabContainers } from '../scripts/lib/containers.ts';
import { poll } from '../scripts/lib/poll.ts';
import { ensureImage } from '../scripts/setup/images.ts';
import { operationOf } from '../test/support/s3-operations.ts';
import { Wire } from '../jobs/kit/src/testing/source-conformance/wire.ts';
import { BUCKET, GatewayLab, type GatewayLabOptions, KEYS } from './lab/gateway.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const NAME = 'esclusa_bench_post';
const TABLE = 'vacia';
const WARM_UP = 3;

/** What is to be measured. */
export interface StartRatioOptions {
  readonly rounds: number;
  /** The gateway's image and the first part of the job's; both are built when they are not given. */
  readonly image?: string | undefined;
  readonly prefix?: string | undefined;
}

/** How a POST compares with "docker run" of the same empty job. */
export interface StartRatio {
  readonly ratio: number;
  /** Medians. */
  readonly post_ms: number;
  readonly docker_run_ms: number;
  /** Calls that write to S3 in one run, from POST to its final entry, by name; the job's own ones are among them. */
  readonly s3_writes: Readonly<Record<string, number>>;
  /** Calls that read. */
  readonly s3_reads: Readonly<Record<string, number>>;
  /** Median of when each point of the timeline came, in ms since the run was accepted. */
  readonly timeline_ms: Readonly<Record<string, number>>;
}

const docker = new Docker();
const database = DATABASES.find(({ pipeline }) => pipeline === 'postgresql') as DemoDatabase;
const connection = connectionOf(database, {});
const host = `${NAME}_postgresql`;

/**
 * A POST that waits for its answer against `docker run --rm` by hand, both of PostgreSQL's job on a table without rows, on one network,
 * with one S3: in turn, and medians of it.
 */
export async function measureStartRatio({ rounds, image, prefix }: StartRatioOptions): Promise<StartRatio> {
  if (prefix === undefined) execFileSync(join(ROOT, 'build-images.sh'), ['postgresql'], { stdio: ['ignore', process.stderr, process.stderr] });
  const jobs = prefix ?? 'pharmavida-ingesta';
  const variables = variablesOf(database, { ...connection, host, port: database.port });
  const options = {
    name: NAME,
    pipelines: { vacia: `job: postgresql\ndatasets:\n  ${TABLE}: {}\n` },
    environment: { ...variables, IMAGE_PREFIX: jobs },
    image,
  };
  const calls = await countCalls(options);
  const lab = await GatewayLab.start(options, startDatabase);
  try {
    const posts: number[] = [];
    const runs: number[] = [];
    const timelines: Timeline[] = [];
    for (let round = 0; round < rounds + WARM_UP; round++) {
      const one = await post(lab.url);
      await settled(lab.url);
      const other = await dockerRun(`${jobs}-postgresql:latest`, variables, round);
      if (round < WARM_UP) continue;
      posts.push(one.ms);
      runs.push(other);
      timelines.push(one.timeline);
    }
    const [post_ms, docker_run_ms] = [median(posts), median(runs)];
    return { ratio: Math.round((post_ms / docker_run_ms) * 1_000) / 1_000, post_ms, docker_run_ms, ...calls, timeline_ms: medians(timelines) };
  } finally {
    await lab.close();
  }
}

async function startDatabase(lab: LabContainers): Promise<void> {
  const image = await ensureImage(database.image, (line) => console.error(line));
  const ports = await lab.start({ name: host, image, ports: { [database.port]: 0 }, environment: database.environment(connection) });
  const client = await poll('PostgreSQL', 60, async () => {
    const attempt = new pg.Client({ ...connection, host: '127.0.0.1', port: ports[database.port] ?? 0 });
    await attempt.connect();
    return attempt;
  });
  await client.query(`create table ${TABLE} (id integer primary key, nombre text)`);
  await client.end();
}

/** The calls on S3 of one run, in a lab of its own: what stands between would cost both sides time. */
async function countCalls(options: GatewayLabOptions): Promise<Pick<StartRatio, 's3_writes' | 's3_reads'>> {
  let wire: Wire | undefined;
  const seen: string[] = [];
  const onRequest = (chunk: Buffer): void => {
    const [, method, url] = /^(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/.exec(chunk.toString('latin1')) ?? [];
    if (method !== undefined && url !== undefined) seen.push(`${method} ${operationOf(method, url)}`);
  };
  const endpoint = async (s3Port: number): Promise<string> => {
    const address = await hostAddress();
    wire = await Wire.to('127.0.0.1', s3Port, { address, onRequest });
    return `http://${address}:${wire.port}`;
  };
  // Nothing but the run is to be seen: the reconciler looks once, at the start.
  const lab = await GatewayLab.start({ ...options, environment: { ...options.environment, RECONCILE_SECONDS: '3600' }, endpoint }, startDatabase);
  try {
    await post(lab.url);
    await settled(lab.url);
    seen.length = 0;
    await post(lab.url);
    await settled(lab.url);
    const count = (wanted: boolean): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const [method = '', name = ''] of seen.map((call) => call.split(' '))) {
        if (['GET', 'HEAD'].includes(method) !== wanted) counts[name] = (counts[name] ?? 0) + 1;
      }
      return counts;
    };
    return { s3_writes: count(true), s3_reads: count(false) };
  } finally {
    await lab.close();
    await wire?.close();
  }
}

type Timeline = readonly { readonly at: string; readonly event: string }[];

async function post(url: string): Promise<{ ms: number; timeline: Timeline }> {
  const began = performance.now();
  const answer = await fetch(`${url}/api/ingesta/vacia`, { method: 'POST' });
  const text = await answer.text();
  const ms = performance.now() - began;
  if (answer.status !== 200) throw new Error(`a POST was answered ${answer.status}: ${text}`);
  const run = answer.headers.get('Esclusa-Run') ?? '';
  const document = (await (await fetch(`${url}/api/runs/${run}`)).json()) as { timeline: Timeline };
  return { ms, timeline: document.timeline };
}

/** Waits until the gateway has written everything of a run down. */
async function settled(url: string): Promise<void> {
  await poll('the end of a run', 30, async () => {
    const { runs } = (await (await fetch(`${url}/health`)).json()) as { runs: { running: number; waiting: number } };
    if (runs.running + runs.waiting > 0) throw new Error('it goes on');
  });
}

/** The same job by hand; how long it took. */
async function dockerRun(image: string, variables: Readonly<Record<string, string>>, round: number): Promise<number> {
  const id = `by-hand-${round}`;
  const destination = { bucket: BUCKET, keys: { [TABLE]: `${id}/${TABLE}.csv` }, commitKey: `_esclusa/commits/${id}/1.json` };
  const request = { version: 1, mode: 'run', run: id, attempt: 1, pipeline: TABLE, datasets: { [TABLE]: {} }, destination, timeAllowedSeconds: 60 };
  const environment = {
    ...variables,
    AWS_BUCKET_NAME: BUCKET,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    S3_ENDPOINT: `http://${NAME}_s3:9000`,
    ESCLUSA_REQUEST: JSON.stringify(request),
  };
  const given = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const began = performance.now();
  const child = spawn('docker', ['run', '--rm', '--network', NAME, ...given, image], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [status] = (await once(child, 'close')) as [number];
  const ms = performance.now() - began;
  if (status !== 0) throw new Error(`a container ended with ${status}: ${output.slice(-1000)}`);
  return ms;
}

/** This host's address on the network that containers have by default, which they reach from every network. */
async function hostAddress(): Promise<string> {
  const { IPAM } = await docker.getNetwork('bridge').inspect();
  const address = IPAM?.Config?.[0]?.['Gateway'] ?? IPAM?.Config?.[0]?.['Subnet']?.replace(/\.0\/\d+$/, '.1');
  if (address === undefined) throw new Error('the network "bridge" has no address of this host');
  return address;
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 10) / 10;
}

function medians(timelines: readonly Timeline[]): Record<string, number> {
  const events = [...new Set(timelines.flatMap((timeline) => timeline.map(({ event }) => event)))];
  const since = (timeline: Timeline, event: string): number[] => {
    const found = timeline.find((entry) => entry.event === event);
    return found === undefined ? [] : [Date.parse(found.at) - Date.parse(timeline[0]?.at ?? '')];
  };
  const all = events.map((event) => [event, median(timelines.flatMap((timeline) => since(timeline, event)))] as const);
  return Object.fromEntries(all.toSorted(([, a], [, b]) => a - b));
}
