import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../scripts/setup/command.ts';
import type { Laboratory } from '../lab/laboratory.ts';
import { logOf } from '../lab/log.ts';
import { usedMemory, watchUsed } from '../lab/memory.ts';
import type { Sink } from '../lab/sinks.ts';
import type { Load } from '../plan.ts';
import { rounded } from '../report/statistics.ts';
import { type LoopDelays, delaysOf } from './loop-delays.ts';
import { openRuns } from './runs.ts';

const MB = 1e6;
const PIPELINE = 'nada';

/** How a gateway bore very many POSTs at once. */
export interface GatewayLoad {
  readonly posts: number;
  readonly slots: number;
  /** POSTs whose answer names a run: that of its end, or 202. */
  readonly answered: number;
  /** How many POSTs got which status; those without one by the error. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Until the last answer. */
  readonly seconds: number;
  /** Runs that had ended by then. */
  readonly ended: number;
  readonly runs_per_second: number;
  readonly rest_seconds: number;
  /** Memory as `docker stats` shows it, in 10^6 bytes: at rest for so long, and the highest seen. */
  readonly idle_mb: number;
  readonly peak_mb: number;
  /** Undefined when it was over within less than ten seconds. */
  readonly loop_delay_ms?: LoopDelays;
}

/** A fresh gateway on a real S3 and Docker: its memory at rest, then POSTs at once whose jobs are containers that do nothing. */
export async function measureGateway(lab: Laboratory, sink: Sink, load: Load, log: Log): Promise<GatewayLoad> {
  const { restSeconds, posts, slots, waitSeconds } = load;
  await lab.buildFixture();
  const gateway = await lab.startGateway('load', {
    endpoint: sink.endpoint,
    pipelines: { [PIPELINE]: { job: 'fixture', datasets: { x: { behaviour: 'nothing' } }, schedule: '0 3 1 1 *' } },
    environment: {
      MAX_RUNNING: String(slots),
      MAX_WAITING: String(posts),
      MAX_WAIT_SECONDS: String(waitSeconds),
      // As a gateway has it that is told nothing.
      MAX_ATTEMPTS: '4',
    },
  });
  try {
    log(`a gateway of its own rests for ${restSeconds} s`);
    await sleep(restSeconds * 1000);
    const rest = await usedMemory(gateway.name);
    log(`${posts} POSTs at once`);
    const since = new Date();
    const watching = watchUsed(gateway.name);
    const began = performance.now();
    const { answered, statuses } = await postAll(gateway.url, posts);
    const seconds = (performance.now() - began) / 1000;
    const peak = Math.max(rest, await watching.stop());
    const ended = posts - (await openRuns(gateway.url));
    const delays = delaysOf(await logOf(gateway.name), since);
    return {
      posts,
      slots,
      answered,
      statuses,
      seconds: rounded(seconds, 1),
      ended,
      runs_per_second: rounded(ended / seconds, 2),
      rest_seconds: restSeconds,
      idle_mb: rounded(rest / MB, 1),
      peak_mb: rounded(peak / MB, 1),
      ...(delays === undefined ? {} : { loop_delay_ms: delays }),
    };
  } finally {
    await gateway.close();
  }
}

/** Sends all of them at once, every other one waiting for its run's end. */
async function postAll(url: string, posts: number): Promise<Pick<GatewayLoad, 'answered' | 'statuses'>> {
  const statuses: Record<string, number> = {};
  let answered = 0;
  const agent = new Agent();
  const send = async (n: number): Promise<void> => {
    const answer = await post(agent, `${url}/api/ingesta/${PIPELINE}`, n % 2 === 0 ? { Prefer: 'respond-async' } : {}).catch(
      (error: NodeJS.ErrnoException) => ({ status: error.code ?? error.message, run: undefined }),
    );
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    if (answer.run !== undefined) answered++;
  };
  await Promise.all(Array.from({ length: posts }, (_, n) => send(n)));
  return { answered, statuses };
}

/** Unlike fetch it waits for its answer as long as it takes. */
function post(agent: Agent, url: string, headers: Readonly<Record<string, string>>): Promise<{ status: string; run: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.once('error', reject);
      const run = answer.headers['esclusa-run'];
      answer.resume().once('end', () => resolve({ status: String(answer.statusCode), run: typeof run === 'string' ? run : undefined }));
    });
    sent.once('error', reject);
    sent.end();
  });
}
