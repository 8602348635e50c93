import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../support/docker.ts';
import type { Turn } from '../support/s3-proxy.ts';
import { type Judge, type Lab, turnAfterKill } from './lab.ts';
import type { Clients } from './load.ts';
import { DOCKER_CALLS, GATEWAY_KEYS, GATEWAY_READS, GATEWAY_WRITES, JOB_CALLS, JOB_WRITES, type Point, type PointFamily, only } from './points.ts';
import type { Stage } from './stage.ts';

/** What a fault may touch. */
export interface Scene {
  readonly stage: Stage;
  readonly lab: Lab;
  readonly point: Point;
  readonly clients: Clients;
  /** Lets something go on beside the round, which waits for it before it is judged. */
  readonly aside: (work: Promise<unknown>) => void;
}

/** Something bad that happens once in a round. */
export interface Fault {
  readonly name: string;
  /** Named points that it may hit; where `instants` is not false it may hit any instant too. */
  readonly points: readonly PointFamily[];
  readonly instants?: false;
  /** Lets it happen; gives what becomes of the call that was held for it. */
  readonly strike: (scene: Scene) => Promise<Turn>;
}

const SPELL_MS = 2_000;
const SLOW_MS = 400;
const S3_CALLS = [...GATEWAY_WRITES, ...GATEWAY_READS, ...JOB_CALLS];
// What has a body that can be cut in the middle.
const BODIES = [...GATEWAY_WRITES, ...JOB_CALLS].filter(({ operation }) => /^(Put|UploadPart)/.test(operation));

const gatewayKill: Fault = {
  name: 'gateway-kill',
  points: [...GATEWAY_WRITES, ...GATEWAY_KEYS, ...GATEWAY_READS, ...DOCKER_CALLS, ...JOB_CALLS],
  async strike({ stage, point }) {
    await stage.kill();
    stage.restart();
    if ('afterMs' in point) return 'forward';
    // Then the call of the dead gateway reaches its end while the next one works already.
    if (point.where === 'late') await stage.listening();
    // The jobs' own calls go on: it is not they that were killed.
    return point.side === 'job-s3' ? 'forward' : turnAfterKill(point.where);
  },
};

const jobKill: Fault = {
  name: 'job-kill',
  points: [...JOB_WRITES, ...only('after', DOCKER_CALLS)],
  async strike({ stage, point }) {
    for (const { Id } of (await stage.containers()).filter(({ State }) => State === 'running')) await gone(docker.getContainer(Id).kill());
    if ('afterMs' in point || point.side !== 'job-s3') return 'forward';
    // Late enough for the gateway to have given the attempt up.
    if (point.where === 'late') await sleep(1_000);
    return turnAfterKill(point.where);
  },
};

const jobRemove: Fault = {
  name: 'job-remove',
  points: [...JOB_CALLS, ...DOCKER_CALLS],
  async strike({ stage }) {
    for (const { Id } of await stage.containers()) await gone(docker.getContainer(Id).remove({ force: true }));
    return 'forward';
  },
};

const prune: Fault = {
  name: 'prune',
  points: DOCKER_CALLS,
  // What stands still for a moment only is hardly ever hit by chance.
  instants: false,
  async strike({ stage }) {
    // The command as an operator would type it, but for others' containers.
    await docker.pruneContainers({ filters: { label: [`esclusa.installation=${stage.installation}`] } });
    return 'forward';
  },
};

const databaseKill: Fault = {
  name: 'database-kill',
  points: JOB_CALLS,
  async strike({ lab, aside }) {
    await lab.database.kill();
    aside(sleep(1_000).then(() => lab.database.restart()));
    return 'forward';
  },
};

const idleKill: Fault = {
  name: 'idle-kill',
  points: JOB_CALLS,
  async strike({ lab }) {
    const client = await lab.database.connect();
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $1', ['client backend']);
    await client.end();
    return 'forward';
  },
};

const s3Kill: Fault = {
  name: 's3-kill',
  points: S3_CALLS,
  async strike({ lab, aside }) {
    await lab.store.kill();
    aside(lab.store.answers());
    return 'forward';
  },
};

const s3Freeze: Fault = {
  name: 's3-freeze',
  points: S3_CALLS,
  strike: ({ lab, aside }) => {
    aside(lab.store.freeze(SPELL_MS));
    return Promise.resolve('forward');
  },
};

const s3Reset: Fault = { name: 's3-reset', points: only('before', BODIES), instants: false, strike: () => Promise.resolve('cut') };
const s3AnswerLost: Fault = {
  name: 's3-answer-lost',
  points: only('after', [...GATEWAY_WRITES, ...GATEWAY_KEYS, ...JOB_CALLS]),
  instants: false,
  strike: () => Promise.resolve('drop'),
};
const dockerAnswerLost: Fault = { name: 'docker-answer-lost', points: only('after', DOCKER_CALLS), instants: false, strike: () => Promise.resolve('drop') };

const dockerAway: Fault = {
  name: 'docker-away',
  points: DOCKER_CALLS,
  async strike({ lab, aside }) {
    await lab.docker.close();
    aside(sleep(SPELL_MS).then(() => lab.docker.listen()));
    return 'drop';
  },
};

const outOfMemory: Fault = breakingDown('oom', 'allocate');
const fullScratch: Fault = breakingDown('full-scratch', 'fill');

/** Every fault by its name. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map(
  [
    gatewayKill,
    jobKill,
    jobRemove,
    prune,
    databaseKill,
    idleKill,
    s3Kill,
    s3Freeze,
    weather('s3-away', ({ side }) => (side === 'docker' ? 'forward' : 'drop')),
    weather('s3-slow', async ({ side }) => (side === 'docker' ? 'forward' : sleep(SLOW_MS, 'forward' as const))),
    weather('s3-500', ({ side }) => (side === 'docker' ? 'forward' : { status: 500, code: 'InternalError' })),
    weather('s3-expired', ({ side }) => (side === 'docker' ? 'forward' : { status: 403, code: 'ExpiredToken' })),
    s3Reset,
    s3AnswerLost,
    dockerAnswerLost,
    dockerAway,
    outOfMemory,
    fullScratch,
  ].map((fault) => [fault.name, fault]),
);

/** The faults that a list of names stands for; `all` is each of them. Throws with the names that there are. */
export function faultsOf(list: string): Fault[] {
  if (list === 'all') return [...FAULTS.values()];
  return list.split(',').map((name) => {
    const fault = FAULTS.get(name);
    if (fault === undefined) throw new Error(`there is no fault "${name}"; there are ${[...FAULTS.keys()].join(', ')}, and all`);
    return fault;
  });
}

/** An S3 that does something to every call for a while. */
function weather(name: string, judge: Judge): Fault {
  return {
    name,
    points: S3_CALLS,
    strike: ({ lab, aside }) => {
      aside(lab.spell(judge, SPELL_MS));
      return Promise.resolve('forward');
    },
  };
}

/** A job beside the load that comes to its limits. */
function breakingDown(name: string, pipeline: string): Fault {
  return {
    name,
    points: [],
    strike: ({ clients, aside }) => {
      aside(clients.ask(pipeline));
      return Promise.resolve('forward');
    },
  };
}

/** A container that is gone already, or not running any more, is as good. */
async function gone(act: Promise<unknown>): Promise<void> {
  await act.catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
  });
}
