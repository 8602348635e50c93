import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PutBucketAclCommand, S3Client } from '@aws-sdk/client-s3';
import Docker from 'dockerode';
import PQueue from 'p-queue';
import { v7 as uuidv7 } from 'uuid';
import { indexName, ledgerKeys } from '../gateway/src/ledger/keys.ts';
import { DemoS3 } from '../scripts/demo/s3.ts';
import { LabContainers } from '../scripts/lib/containers.ts';
import { poll } from '../scripts/lib/poll.ts';
import { ensureDocker } from '../scripts/setup/docker.ts';
import { ensureImage } from '../scripts/setup/images.ts';
import { S3Proxy } from '../test/support/s3-proxy.ts';

const HELP = `npm run bench:ledger: a full waiting room, and a ledger of very many runs.

Usage: npm run bench:ledger [-- options]
  --open N      runs that wait (10000)
  --ended N     runs in the ledger (100000)
  --json        end with one line of JSON and nothing else on stdout
  --help        this text

The gateway is its bundle, run as a process, on a real S3 and Docker. Prints how long accepting takes while the waiting room fills,
the gateway's memory then, how long a killed gateway takes to be at work again, and what pages of runs cost.`;

const ROOT = new URL('..', import.meta.url).pathname;
const NETWORK = 'esclusa_bench_ledger';
const BUCKET = 'bench';
const PREFIX = 'esclusa-bench';
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };
const PIPELINES = ['ventas', 'compras', 'clientes', 'stock', 'personal'];
const CALLERS = 20;
const ROUNDS = 11;

const { values } = parseArgs({
  options: {
    open: { type: 'string', default: '10000' },
    ended: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => console.error(line);
const docker = new Docker();
let requestsToS3 = 0;

if (values.help) console.log(HELP);
else
  await measure(Number(values.open), Number(values.ended)).catch((error: Error) => {
    say(`bench:ledger: ${error.message}`);
    process.exitCode = 1;
  });

/** A gateway's bundle as a process. */
interface Gateway {
  readonly url: string;
  readonly child: ChildProcess;
}

async function measure(open: number, ended: number): Promise<void> {
  await ensureDocker(say);
  const image = await ensureImage('s3', say);
  execFileSync(join(ROOT, 'build-images.sh'), ['--jobs', join(ROOT, 'test/jobs'), 'fixture'], {
    env: { ...process.env, IMAGE_PREFIX: PREFIX },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  execFileSync(process.execPath, ['scripts/bundle.ts', 'gateway'], { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
  const lab = new LabContainers(NETWORK, 'esclusa.bench');
  const folder = mkdtempSync(join(tmpdir(), 'esclusa-bench-'));
  writeFileSync(join(folder, 'holds.yaml'), 'job: fixture\ndatasets:\n  x:\n    behaviour: sleep\nlimits:\n  timeAllowedSeconds: 7200\n');
  let proxy: S3Proxy | undefined;
  let gateway: Gateway | undefined;
  try {
    await lab.prepare();
    const ports = await lab.start({
      name: 'esclusa_bench_ledger_s3',
      image,
      ports: { 9000: 0 },
      environment: { S3_ACCESS_KEY: KEYS.accessKeyId, S3_SECRET_KEY: KEYS.secretAccessKey },
    });
    await new DemoS3(`http://127.0.0.1:${ports[9000]}`, KEYS).prepare(BUCKET);
    proxy = await S3Proxy.start(`http://127.0.0.1:${ports[9000]}`);
    proxy.gate = (_call, when) => {
      if (when === 'before') requestsToS3++;
      return 'forward';
    };
    say(`writing a ledger of ${ended} runs`);
    await seed(ports[9000] ?? 0, ended);

    gateway = await start(folder, proxy.outside, open);
    const pages = await measurePages(gateway);
    say(`accepting ${open} runs`);
    const atRest = rssMiB(gateway);
    const accept = await fill(gateway, open);
    const full = rssMiB(gateway);
    gateway.child.kill('SIGKILL');
    await once(gateway.child, 'exit');
    await removeContainers();
    const began = performance.now();
    gateway = await start(folder, proxy.outside, open);
    const restart = await measureRestart(gateway, began, open);
    report({ ended, pages, open, accept, memory_mib: { at_rest: atRest, full, after_restart: restart.memory }, restart_ms: restart.times });
  } finally {
    gateway?.child.kill('SIGKILL');
    await removeContainers();
    await proxy?.stop();
    await lab.clear();
    rmSync(folder, { recursive: true });
  }
}

async function start(folder: string, endpoint: string, open: number): Promise<Gateway> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    PORT: '0',
    PIPELINES_DIR: folder,
    INSTALLATION_ID: 'bench-ledger',
    IMAGE_PREFIX: PREFIX,
    DOCKER_NETWORK: NETWORK,
    AWS_BUCKET_NAME: BUCKET,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    S3_ENDPOINT: endpoint,
    JOB_S3_ENDPOINT: 'http://esclusa_bench_ledger_s3:9000',
    MAX_RUNNING: '1',
    MAX_WAITING: String(open + CALLERS),
  };
  const child = spawn(process.execPath, [join(ROOT, 'gateway/dist/main.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /"url":"(http:[^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { url, child };
}

/** The index of very many ended runs, one a minute, a hundredth of them failed. */
async function seed(port: number, runs: number): Promise<void> {
  const client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: KEYS });
  // Signing very many requests would take longer than S3 does; this S3 is ours alone, and listens on loopback.
  await client.send(new PutBucketAclCommand({ Bucket: BUCKET, ACL: 'public-read-write' }));
  const keys = ledgerKeys('_esclusa/');
  const queue = new PQueue({ concurrency: 64 });
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const began = Date.now() - runs * 60_000;
  for (let n = 0; n < runs; n++) {
    const acceptedAt = new Date(began + n * 60_000);
    const pipeline = PIPELINES[n % PIPELINES.length] ?? '';
    const run = uuidv7({ msecs: acceptedAt.getTime() });
    const name = indexName({ run, pipeline, state: n % 100 === 7 ? 'failed' : 'succeeded', acceptedAt, endedAt: new Date(acceptedAt.getTime() + 5_000) });
    for (const prefix of [keys.indexAll, keys.indexOf(pipeline)]) void queue.add(() => putEmpty(agent, port, `/${BUCKET}/${prefix}${name}`));
    if (n % 10_000 === 0) say(`${n} runs`);
    await queue.onSizeLessThan(1_000);
  }
  await queue.onIdle();
  agent.destroy();
  await client.send(new PutBucketAclCommand({ Bucket: BUCKET, ACL: 'private' }));
  client.destroy();
}

function putEmpty(agent: Agent, port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port, path, method: 'PUT', headers: { 'content-length': '0' } }, (answer) => {
      answer.resume().once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`S3 answered ${answer.statusCode}`))));
    });
    sent.once('error', reject);
    sent.end();
  });
}

type Pages = Record<string, { requests: number; ms: number; runs: number }>;

async function measurePages({ url }: Gateway): Promise<Pages> {
  const first = (await (await fetch(`${url}/api/runs?limit=50`)).json()) as { next?: string };
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const queries = {
    'first page': '/api/runs',
    'second page': first.next ?? '',
    'of a pipeline': '/api/runs?pipeline=compras',
    failed: '/api/runs?state=failed',
    'failed, of a pipeline': '/api/runs?pipeline=clientes&state=failed',
    'of the last hour': `/api/runs?since=${since}`,
  };
  const pages: Pages = {};
  for (const [name, path] of Object.entries(queries)) {
    const samples: number[] = [];
    let runs = 0;
    // What the reconciler asks for in between is counted too, so the least of all is what the page costs.
    let requests = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const before = requestsToS3;
      const at = performance.now();
      const page = (await (await fetch(url + path)).json()) as { runs: unknown[] };
      samples.push(performance.now() - at);
      requests = Math.min(requests, requestsToS3 - before);
      runs = page.runs.length;
    }
    pages[name] = { requests, ms: percentile(samples, 0.5), runs };
  }
  return pages;
}

async function fill({ url }: Gateway, open: number): Promise<{ p50_ms: number; p99_ms: number; per_second: number }> {
  const samples: number[] = [];
  let left = open;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (left-- > 0) {
        const at = performance.now();
        const { status } = await fetch(`${url}/api/ingesta/holds`, { method: 'POST', headers: { Prefer: 'respond-async' } });
        if (status !== 202) throw new Error(`a POST was answered ${status}`);
        samples.push(performance.now() - at);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  return { p50_ms: percentile(samples, 0.5), p99_ms: percentile(samples, 0.99), per_second: Math.round(open / seconds) };
}

async function measureRestart(gateway: Gateway, began: number, open: number) {
  const since = (): number => Math.round(performance.now() - began);
  const listens = since();
  const works = poll('the next container', 120, async () => {
    const { length } = await ours();
    if (length === 0) throw new Error('no container yet');
    return since();
  });
  const knows = poll('the queue', 120, async () => {
    const health = (await (await fetch(`${gateway.url}/health`)).json()) as { runs: { running: number; waiting: number } };
    if (health.runs.running + health.runs.waiting < open) throw new Error('not all of them yet');
    return since();
  });
  const times = { listens, knows_its_queue: await knows, next_container: await works };
  return { times, memory: rssMiB(gateway) };
}

async function ours(): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: ['esclusa.installation=bench-ledger'] } });
}

async function removeContainers(): Promise<void> {
  for (const { Id } of await ours()) await docker.getContainer(Id).remove({ force: true });
}

function rssMiB({ child }: Gateway): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) * 10) / 10;
}

function report(result: { pages: Pages; accept: object; memory_mib: object; restart_ms: object; open: number; ended: number }): void {
  if (!values.json) {
    console.log(`a ledger of ${result.ended} runs`);
    for (const [name, { requests, ms, runs }] of Object.entries(result.pages)) {
      console.log(`  ${name.padEnd(22)} ${String(runs).padStart(3)} runs   ${String(requests).padStart(2)} requests to S3   ${ms} ms`);
    }
    console.log(`a waiting room of ${result.open} runs`);
    console.log(`  accepting     ${JSON.stringify(result.accept)}`);
    console.log(`  memory, MiB   ${JSON.stringify(result.memory_mib)}`);
    console.log(`  killed and started again, ms   ${JSON.stringify(result.restart_ms)}`);
  }
  console.log(JSON.stringify(result));
}
