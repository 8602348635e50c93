import type { Log } from '../../scripts/setup/command.ts';
import type { Table } from '../data/tables.ts';
import { byHand, dockerRun } from '../lab/by-hand.ts';
import { type Laboratory, type Station, imageOf } from '../lab/laboratory.ts';
import { LOGIN, NETWORK, containerName } from '../lab/names.ts';
import { median, rounded } from '../report/statistics.ts';
import { startPostgresql } from '../sources/postgresql.ts';
import { type Timeline, medianTimes, post, settled, timelineOf } from './runs.ts';
import { type S3Calls, countCalls } from './s3-calls.ts';

/** How long a run of an empty table takes through the gateway, and the same job by `docker run --rm`, in ms (medians), and the first by the second. */
export interface Start extends S3Calls {
  readonly ratio: number;
  readonly post_ms: number;
  readonly docker_run_ms: number;
  readonly rounds: number;
  /** When each point of the run's timeline came, in ms since it was accepted (medians). */
  readonly timeline_ms: Readonly<Record<string, number>>;
}

const EMPTY: Table = { name: 'vacia', shape: 'narrow', rows: 0 };
const PIPELINE = 'start';

/** Measures both in turns, then counts the calls on S3. */
export async function measureStart(lab: Laboratory, station: Station, rounds: number, log: Log): Promise<Start> {
  const source = await startPostgresql(lab.containers, [EMPTY], log);
  try {
    const pipeline = source.pipeline(EMPTY, { readers: 1 });
    await station.gateway.write(PIPELINE, pipeline);
    const { posts, runs, timelines } = await takeTurns(station, rounds);
    const [postMs, runMs] = [median(posts), median(runs)];
    log(`start: POST ${postMs.toFixed(0)} ms, docker run ${runMs.toFixed(0)} ms; counting calls on S3`);
    const times = { post_ms: rounded(postMs, 0), docker_run_ms: rounded(runMs, 0), rounds, timeline_ms: medianTimes(timelines) };
    return { ratio: rounded(postMs / runMs, 3), ...times, ...(await countCalls(lab, station.sink, pipeline)) };
  } finally {
    await source.stop();
    await station.sink.empty();
  }
}

/** A POST and a `docker run` a round, the one before the other and then the other way round; a first round of each warms caches and does not count. */
async function takeTurns({ gateway, sink }: Station, rounds: number): Promise<{ posts: number[]; runs: number[]; timelines: Timeline[] }> {
  const posts: number[] = [];
  const runs: number[] = [];
  const timelines: Timeline[] = [];
  for (let round = 0; round <= rounds; round++) {
    const turns = [
      async () => {
        const { ms, run } = await post(gateway, PIPELINE);
        // What a gateway does after its answer is not to be measured in what follows.
        await settled(gateway);
        posts.push(ms);
        timelines.push(await timelineOf(gateway, run));
      },
      async () => {
        const { ms } = await dockerRun(emptyJob(round, sink.endpoint));
        runs.push(ms);
      },
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  return { posts: posts.slice(1), runs: runs.slice(1), timelines: timelines.slice(1) };
}

/** The same job on the same network. */
function emptyJob(round: number, endpoint: string): string[] {
  const variables = {
    POSTGRES_HOST: containerName('postgresql'),
    POSTGRES_USER: LOGIN.user,
    POSTGRES_PASSWORD: LOGIN.password,
    POSTGRES_DATABASE: LOGIN.database,
    POSTGRES_SSLMODE: 'disable',
  };
  const job = { image: imageOf('postgresql'), network: NETWORK, pipeline: PIPELINE, datasets: { [EMPTY.name]: {} }, endpoint };
  return byHand({ ...job, run: `start-${round}`, variables });
}
