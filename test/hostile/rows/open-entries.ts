import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { hostAddress } from '../../support/s3-recorder.ts';
import type { Row } from '../support/row.ts';
import type { Stage } from '../support/stage.ts';
import { garbageFor, became, endOf, forgedRun, replay, sleeping, steal } from './forged.ts';

/** More than a page of a listing. */
const MANY = 1_500;
const AT_ONCE = 32;
const LIMITS = { memoryMiB: 256, cpus: 1, pids: 64, scratchMiB: 16, timeAllowedSeconds: 60 };

/** Expected outcome of an entry that nobody asked for: it never runs. With a key, the gateway knows it as forged, and reports it. */
function refused(keyed: boolean): string | RegExp {
  return keyed ? 'not run; told in /ready; logged' : /^not run/;
}

function forged(keyed: boolean, name: string, change: Readonly<Record<string, unknown>>, prefix?: string): Row {
  return {
    name,
    answered: refused(keyed),
    act: async (stage) => {
      const { run, key, entry } = await forgedRun(stage, change);
      await stage.plant(key, JSON.stringify(entry));
      return became(stage, run, prefix);
    },
  };
}

function garbled(what: string, content: () => string | Buffer): Row {
  return {
    name: `an open entry of ${what}`,
    // Nobody drives an entry that can't be read, seal or not. The test leaves open if its report names the run or the key.
    answered: /^not run/,
    act: async (stage) => {
      const { run, key } = await forgedRun(stage, { pipeline: 'honest' });
      await stage.plant(key, content());
      return became(stage, run);
    },
  };
}

/** A database that somebody else has: it must not be told a password. */
function listener(keyed: boolean): Row {
  return {
    name: "a forged open entry whose source is the forger's listener",
    answered: keyed ? 'not run; told in /ready; logged; the listener got nothing' : /^not run.*; the listener got nothing$/,
    act: async (stage) => {
      let connections = 0;
      const server = createServer((socket) => {
        connections++;
        socket.destroy();
      }).listen(0, await hostAddress());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const source = { POSTGRES_HOST: 'host.docker.internal', POSTGRES_PORT: String(port), POSTGRES_SSLMODE: 'disable' };
      const { run, key, entry } = await forgedRun(stage, { pipeline: 'honest', datasets: { productos: {} }, source, destination: 'honest' });
      await stage.plant(key, JSON.stringify(entry));
      const words = await became(stage, run);
      server.close();
      return `${words}; the listener got ${connections === 0 ? 'nothing' : `${connections} connections`}`;
    },
  };
}

function replayed(keyed: boolean): Row {
  return {
    name: "another run's open entry, copied with its seal to a key of its own",
    answered: refused(keyed),
    act: async (stage) => {
      const { run } = await sleeping(stage, 2);
      const from = await openKey(stage, run);
      const { run: other } = await forgedRun(stage);
      await replay(stage, from, from.replace(run, other));
      const words = await became(stage, other);
      const end = await endOf(stage, run);
      return end === 'succeeded' ? words : `${words}; the other run has ${end}`;
    },
  };
}

const putBack: Row = {
  name: 'an open entry put back, with its seal, after its run has ended',
  answered: 'succeeded; not run again',
  act: async (stage) => {
    const { run } = await sleeping(stage, 1);
    const entry = await steal(stage, await openKey(stage, run));
    const end = await endOf(stage, run);
    await gone(stage, run);
    await stage.plant(entry.key, entry.body, entry.metadata);
    const words = await became(stage, run, 'loot/');
    // Its one decision is there since it did run, once.
    const again = (await stage.bucket.keys(`_esclusa/commits/${run}/`)).length > 1 || words === 'run';
    return `${end}; ${again ? 'run again' : 'not run again'}`;
  },
};

const elsewhere: Row = {
  name: "an open entry under way whose owner is another installation, copied to this one's",
  answered: /^not run/,
  act: async (stage) => {
    const { engine } = await stage.owner();
    const { run, key, entry } = await forgedRun(stage, { owner: { installation: 'another', engine }, pipeline: 'honest', datasets: { productos: {} } });
    await stage.plant(key, JSON.stringify(entry));
    return became(stage, run);
  },
};

const crowd: Row = {
  name: `${MANY} forged open entries`,
  answered: 'a caller gets 200 succeeded; none of them run',
  act: async (stage) => {
    const entries = await Promise.all(Array.from({ length: MANY }, () => forgedRun(stage)));
    const left = [...entries];
    const plant = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await stage.plant(next.key, JSON.stringify(next.entry));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, plant));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const honest = await stage.honest();
    const commits = new Set((await stage.bucket.keys('_esclusa/commits/')).map((key) => key.split('/')[2]));
    const run = entries.filter(({ run }) => commits.has(run));
    return `a caller gets ${honest === 'succeeded' ? '200 succeeded' : honest}; ${run.length === 0 ? 'none' : run.length} of them run`;
  },
};

/** The key of a run's open entry. */
async function openKey(stage: Stage, run: string): Promise<string> {
  const key = (await stage.bucket.keys('_esclusa/open/')).find((key) => key.includes(run));
  if (key === undefined) throw new Error('the run has no open entry');
  return key;
}

async function gone(stage: Stage, run: string): Promise<void> {
  while ((await stage.bucket.keys('_esclusa/open/')).some((key) => key.includes(run))) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Entries of what the catalogue has, but for what is asked of the container and its keys: without a seal they may be run as the catalogue says. */
function alteredInPart(): Row[] {
  const known = { pipeline: 'honest', destination: 'loot', datasets: { productos: {} } };
  return [
    forged(true, 'a forged open entry whose data would go elsewhere', known),
    forged(true, 'a forged open entry whose keys would leave their folder', { ...known, keyTemplate: '../loot/{dataset}.csv' }, '../'),
    forged(true, 'a forged open entry with 1 TiB of memory', { ...known, limits: { ...LIMITS, memoryMiB: 1_048_576 } }),
  ];
}

/** Open entries that the gateway has not written; `keyed`: it has a key that seals its own. */
export function openEntries(keyed: boolean): Row[] {
  const known = { pipeline: 'honest', destination: 'loot' };
  return [
    forged(keyed, 'a forged open entry of an unknown pipeline', {}),
    forged(keyed, 'a forged open entry with a query that no catalogue had', { ...known, datasets: { productos: { query: 'select 42 as loot' } } }),
    forged(keyed, 'a forged open entry with a dataset that no catalogue had', { ...known, datasets: { salaries: {} } }),
    forged(keyed, 'a forged open entry of another job', { ...known, job: 'evil', datasets: { productos: { do: 'honest' } } }),
    ...(keyed ? alteredInPart() : []),
    listener(keyed),
    replayed(keyed),
    putBack,
    elsewhere,
    ...garbageFor(keyed).map(([what, content]) => garbled(what, content)),
    crowd,
  ];
}
