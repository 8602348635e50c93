import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, run } from '../../scripts/setup/command.ts';
import type { Table } from '../data/tables.ts';
import { type Laboratory, type Station, imageOf } from '../lab/laboratory.ts';
import { BUCKET, KEYS, LOGIN, NETWORK, containerName } from '../lab/names.ts';
import { median, rounded } from '../report/statistics.ts';
import { startPostgresql } from '../sources/postgresql.ts';

/** How long a run of an empty table takes through the gateway, and the same job by `docker run --rm`, in ms (medians), and the first by the second. */
export interface StartRatio {
  readonly ratio: number;
  readonly post_ms: number;
  readonly docker_run_ms: number;
  readonly rounds: number;
}

const EMPTY: Table = { name: 'vacia', shape: 'narrow', rows: 0 };

/** Measures both in turns; a first round of each warms caches and does not count. */
export async function measureStart(lab: Laboratory, { gateway, sink }: Station, rounds: number, log: Log): Promise<StartRatio> {
  const source = await startPostgresql(lab.containers, [EMPTY], log);
  await gateway.write('start', source.pipeline(EMPTY, { readers: 1 }));
  const posts: number[] = [];
  const runs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const turns = [
      async () => {
        // A file bears the second of its run, which is given back when the run has ended: two runs that fit into one second would want the same key.
        await sleep(1_000 - (Date.now() % 1_000));
        posts.push(await timed(() => post(`${gateway.url}/api/ingesta/start`)));
      },
      async () => runs.push(await timed(() => run(['docker', 'run', '--rm', ...byHand(round, sink.endpoint)]))),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  await source.stop();
  await sink.empty();
  const [postMs, runMs] = [median(posts.slice(1)), median(runs.slice(1))];
  log(`start: POST ${postMs.toFixed(0)} ms, docker run ${runMs.toFixed(0)} ms`);
  return { ratio: rounded(postMs / runMs, 3), post_ms: rounded(postMs, 0), docker_run_ms: rounded(runMs, 0), rounds };
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

async function post(url: string): Promise<void> {
  const response = await fetch(url, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new Error(`the empty run failed: ${text.slice(0, 500)}`);
}

/** The same job on the same network, its variables and request as they are. */
function byHand(round: number, endpoint: string): string[] {
  const run = `start-${round}`;
  const request = {
    version: 1,
    mode: 'run',
    run,
    attempt: 1,
    pipeline: 'start',
    datasets: { [EMPTY.name]: {} },
    destination: { bucket: BUCKET, keys: { [EMPTY.name]: `${run}/${EMPTY.name}.csv` }, commitKey: `_esclusa/commits/${run}/1.json` },
    timeAllowedSeconds: 60,
  };
  const variables = {
    POSTGRES_HOST: containerName('postgresql'),
    POSTGRES_USER: LOGIN.user,
    POSTGRES_PASSWORD: LOGIN.password,
    POSTGRES_DATABASE: LOGIN.database,
    POSTGRES_SSLMODE: 'disable',
    AWS_BUCKET_NAME: BUCKET,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    S3_ENDPOINT: endpoint,
    ESCLUSA_REQUEST: JSON.stringify(request),
  };
  const options = Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return ['--network', NETWORK, ...options, imageOf('postgresql')];
}
