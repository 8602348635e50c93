import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayLab, LAB_PREFIX } from './lab/gateway.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const REST_MS = { first: 10_000, second: 50_000 };
const MB = 1e6;

/** What is to be measured. */
export interface GatewayLoadOptions {
  /** POSTs at once; none for the memory at rest alone. */
  readonly posts: number;
  /** Runs that may have a container at once. */
  readonly slots?: number;
  /** How long the gateway lets a POST wait. */
  readonly waitSeconds?: number;
  /** The gateway's image; it is built when none is given. */
  readonly image?: string | undefined;
}

/** How the gateway bore it. */
export interface GatewayLoad {
  /** Memory as `docker stats` shows it, in 10^6 bytes: after a minute of rest, after 10 s, and the highest seen. */
  readonly gateway_idle_mb: number;
  readonly gateway_idle_10s_mb: number;
  readonly gateway_peak_mb: number;
  readonly posts: number;
  /** Runs that had ended when the last POST was answered. */
  readonly ended: number;
  /** How many POSTs got which status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly loop_delay_ms: Readonly<Record<string, number>>;
}

/** The gateway's image on a real S3 and Docker: its memory at rest, then POSTs at once whose jobs are containers that do nothing. */
export async function measureGateway({ posts, slots = 4, waitSeconds = 300, image }: GatewayLoadOptions): Promise<GatewayLoad> {
  execFileSync(join(ROOT, 'build-images.sh'), ['--jobs', join(ROOT, 'test/jobs'), 'fixture'], {
    env: { ...process.env, IMAGE_PREFIX: LAB_PREFIX },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const lab = await GatewayLab.start({
    name: 'esclusa_bench_gateway',
    pipelines: { nada: 'job: fixture\ndatasets:\n  x:\n    behaviour: nothing\nschedule: "0 3 1 1 *"\n' },
    environment: {
      IMAGE_PREFIX: LAB_PREFIX,
      MAX_RUNNING: String(slots),
      MAX_WAITING: String(posts),
      MAX_WAIT_SECONDS: String(waitSeconds),
      LOG_LEVEL: 'debug',
    },
    image,
  });
  try {
    await sleep(REST_MS.first);
    const first = (await lab.memory()).used;
    await sleep(REST_MS.second);
    const rest = (await lab.memory()).used;
    const at = new Date().toISOString();
    const watching = lab.watchMemory();
    const began = performance.now();
    const statuses = await burst(lab.url, posts);
    const seconds = (performance.now() - began) / 1_000;
    const peak = Math.max(rest, (await watching.stop()).used);
    const memory = { gateway_idle_mb: round(rest / MB), gateway_idle_10s_mb: round(first / MB), gateway_peak_mb: round(peak / MB) };
    const ended = posts - (await left(lab.url));
    return { ...memory, posts, ended, statuses, seconds: round(seconds), loop_delay_ms: await delays(lab, at) };
  } finally {
    await lab.close();
  }
}

/** Sends all of them at once, every other one waiting for its run's end; how many got which status. */
async function burst(url: string, posts: number): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const agent = new Agent();
  const send = async (n: number): Promise<void> => {
    const status = await post(agent, `${url}/api/ingesta/nada`, n % 2 === 0 ? { Prefer: 'respond-async' } : {});
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: posts }, (_, n) => send(n)));
  return statuses;
}

/** Unlike fetch it waits for its answer as long as it takes. */
function post(agent: Agent, url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** Runs that have not ended yet. */
async function left(url: string): Promise<number> {
  const { runs } = (await (await fetch(`${url}/health`)).json()) as { runs: { running: number; waiting: number } };
  return runs.running + runs.waiting;
}

/** Of each ten seconds since then the gateway has told its delays: how they were in the worst ones, and the 99th percentile that half of them kept to. */
async function delays(lab: GatewayLab, since: string): Promise<Record<string, number>> {
  const told = (await lab.log()).filter(({ time, loopDelayMs }) => loopDelayMs !== undefined && String(time) > since);
  const of = (name: string): number[] => told.map(({ loopDelayMs }) => (loopDelayMs as Record<string, number>)[name] ?? 0).toSorted((a, b) => a - b);
  const [p99, max] = [of('p99'), of('max')];
  return { worst_p50: of('p50').at(-1) ?? 0, worst_p99: p99.at(-1) ?? 0, median_p99: p99[Math.floor(p99.length / 2)] ?? 0, max: max.at(-1) ?? 0 };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
