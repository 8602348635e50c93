import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GatewayLab, LAB_PREFIX } from './lab/gateway.ts';

const HELP = `npm run bench:gateway: the gateway's memory at rest, and how it bears many POSTs at once.

Usage: npm run bench:gateway [-- options]
  --posts N     POSTs at once (1000); half of them wait for the end of their run
  --slots N     runs that may have a container at once (4)
  --wait N      seconds that the gateway lets a POST wait before it answers 202 (300)
  --image NAME  the gateway's image, not to be built (esclusa-gateway:latest is, by default)
  --json        end with one line of JSON and nothing else on stdout
  --help        this text

The gateway is its image on a real S3 and Docker, its jobs are containers that do nothing. Memory is what "docker stats" shows,
looked at every second; delays of the event loop are those of perf_hooks, which the gateway logs at LOG_LEVEL=debug, each of them
with the 10 ms in it that lie between two looks.`;

const ROOT = new URL('..', import.meta.url).pathname;
const MB = 1e6;
const MiB = 1024 * 1024;
const REST_MS = { first: 10_000, second: 50_000 };

const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '4' },
    wait: { type: 'string', default: '300' },
    image: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => console.error(line);

if (values.help) console.log(HELP);
else
  await measure(Number(values.posts), values.slots, values.wait, values.image).catch((error: Error) => {
    say(`bench:gateway: ${error.message}`);
    process.exitCode = 1;
  });

async function measure(posts: number, slots: string, wait: string, image: string | undefined): Promise<void> {
  execFileSync(join(ROOT, 'build-images.sh'), ['--jobs', join(ROOT, 'test/jobs'), 'fixture'], {
    env: { ...process.env, IMAGE_PREFIX: LAB_PREFIX },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const lab = await GatewayLab.start({
    name: 'esclusa_bench_gateway',
    pipelines: { nada: 'job: fixture\ndatasets:\n  x:\n    behaviour: nothing\nschedule: "0 3 1 1 *"\n' },
    environment: { IMAGE_PREFIX: LAB_PREFIX, MAX_RUNNING: slots, MAX_WAITING: String(posts), MAX_WAIT_SECONDS: wait, LOG_LEVEL: 'debug' },
    image,
  });
  try {
    await sleep(REST_MS.first);
    const rest = (await lab.memory()).used;
    await sleep(REST_MS.second);
    const later = (await lab.memory()).used;
    say(`${posts} POSTs at once`);
    const at = new Date().toISOString();
    const watching = lab.watchMemory();
    const began = performance.now();
    const statuses = await burst(lab.url, posts);
    const seconds = (performance.now() - began) / 1_000;
    const peak = (await watching.stop()).used;
    const ended = posts - (await left(lab.url));
    const delay = await delays(lab, at);
    report({ rest, later, posts, ended, statuses, seconds, peak, delay });
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

interface Result {
  readonly rest: number;
  readonly later: number;
  readonly posts: number;
  readonly ended: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly peak: number;
  readonly delay: Readonly<Record<string, number>>;
}

function report({ rest, later, posts, ended, statuses, seconds, peak, delay }: Result): void {
  const mb = (bytes: number): number => round(bytes / MB);
  const mib = (bytes: number): number => round(bytes / MiB);
  if (!values.json) {
    console.log(`at rest for 10 s    ${mb(rest)} MB (${mib(rest)} MiB); for a minute ${mb(later)} MB (${mib(later)} MiB)`);
    console.log(
      `${posts} POSTs          answered ${JSON.stringify(statuses)} within ${round(seconds)} s, in which ${ended} runs ended (${round(ended / seconds)} a second)`,
    );
    console.log(`at its peak         ${mb(peak)} MB (${mib(peak)} MiB)`);
    console.log(`event loop, delays  ${JSON.stringify(delay)} ms`);
  }
  const memory = { gateway_idle_mb: mb(later), gateway_idle_10s_mb: mb(rest), gateway_peak_mb: mb(peak) };
  console.log(JSON.stringify({ ...memory, posts, ended, statuses, seconds: round(seconds), loop_delay_ms: delay }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
