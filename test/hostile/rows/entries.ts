import { createHash } from 'node:crypto';
import { wordsOf } from '../support/ask.ts';
import type { Row } from '../support/row.ts';
import type { Stage } from '../support/stage.ts';
import { containersWith } from '../../support/docker.ts';
import { garbageFor, alter, endOf, forgedRun, honestRun, replay, sleeping } from './forged.ts';

const UNTRUSTED = '502 LEDGER_UNTRUSTED';
// Whatever a caller is told of what can't be believed, it is told by a code, and never that the gateway has a fault.
const CLEAR = /^(200 succeeded|(409|422|502|503) [A-Z_]+)$/;
const SWEEPS_MS = 4_000;

/** Ended runs. */
function finals(keyed: boolean): Row[] {
  const altered: Row = {
    name: 'a final entry with another URL, caller and hash under its old seal',
    answered: UNTRUSTED,
    act: async (stage) => {
      const { run } = await honestRun(stage);
      const files = { productos: { url: 's3://elsewhere/x', rows: 1, bytes: 1, sha256: '0'.repeat(64) } };
      await alter(stage, `_esclusa/runs/${run}.json`, (text) => JSON.stringify({ ...(JSON.parse(text) as object), files }));
      return wordsOf(await stage.ask('GET', `/api/runs/${run}`));
    },
  };
  const copied: Row = {
    name: "another run's final entry, copied with its seal over this one's",
    answered: UNTRUSTED,
    act: async (stage) => {
      const [one, other] = [await honestRun(stage), await honestRun(stage)];
      await replay(stage, `_esclusa/runs/${one.run}.json`, `_esclusa/runs/${other.run}.json`);
      return wordsOf(await stage.ask('GET', `/api/runs/${other.run}`));
    },
  };
  const invented: Row = {
    name: 'a final entry of a run that never was',
    answered: UNTRUSTED,
    act: async (stage) => {
      const { run, entry } = await forgedRun(stage, { pipeline: 'honest' });
      const at = new Date().toISOString();
      const ended = { ...entry, endedAt: at, state: 'succeeded', attempts: [], timeline: [], files: {}, logTail: [] };
      await stage.plant(`_esclusa/runs/${run}.json`, JSON.stringify(ended));
      return wordsOf(await stage.ask('GET', `/api/runs/${run}`));
    },
  };
  const garbled = garbageFor(keyed).map(([what, content]): Row => ({
    name: `a final entry of ${what}`,
    answered: keyed
      ? '502 LEDGER_UNTRUSTED; logs, events and cancelling are no 500; 200 of all runs'
      : /^502 [A-Z_]+; logs, events and cancelling are no 500; 200 of all runs$/,
    act: async (stage) => {
      const { run } = await honestRun(stage);
      await alter(stage, `_esclusa/runs/${run}.json`, content);
      const others = [
        await stage.ask('GET', `/api/runs/${run}/logs`),
        await stage.ask('GET', `/api/runs/${run}/events`),
        await stage.ask('DELETE', `/api/runs/${run}`),
      ];
      const faults = others.filter(({ status }) => status === 500).map(wordsOf);
      const words = wordsOf(await stage.ask('GET', `/api/runs/${run}`));
      const list = (await stage.ask('GET', '/api/runs')).status;
      return `${words}; logs, events and cancelling are ${faults.length === 0 ? 'no 500' : faults.join(', ')}; ${list} of all runs`;
    },
  }));
  return [...(keyed ? [altered, copied, invented] : []), ...garbled];
}

/** Makes the key of an idempotency key's claim. `hash` is the gateway's own; the first row says so should it be another one some day. */
async function claimKey(stage: Stage, key: string): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify(['http', 'anonymous', key]))
    .digest('hex');
  return `_esclusa/idem/${(await stage.owner()).path}/${hash}.json`;
}

const knowsClaims: Row = {
  name: '(an honest Idempotency-Key, whose claim is where these rows look for it)',
  answered: '200 succeeded; found',
  act: async (stage) => {
    const honest = await stage.honest({ 'Idempotency-Key': 'honest-key' });
    const there = (await stage.bucket.keys(await claimKey(stage, 'honest-key'))).length === 1;
    return `200 ${honest}; ${there ? 'found' : 'not found'}`;
  },
};

async function claimed(stage: Stage, key: string): Promise<string> {
  const honest = await stage.honest({ 'Idempotency-Key': key });
  return honest === 'succeeded' ? '200 succeeded' : (/^\d{3} [A-Z_]+/.exec(honest)?.[0] ?? honest);
}

function claims(keyed: boolean): Row[] {
  const forged: Row = {
    name: "a forged claim of a caller's next Idempotency-Key, with a query that no catalogue had",
    // Without a seal the caller may get the honest pipeline's rows under the forged run's id, and never the forged query's.
    answered: CLEAR,
    act: async (stage) => {
      const { run, entry } = await forgedRun(stage, { pipeline: 'honest', datasets: { productos: { query: 'select 42 as loot' } } });
      const question = { pipeline: 'honest', datasets: null, keep: false };
      const fingerprint = createHash('sha256').update(JSON.stringify(question)).digest('hex');
      await stage.plant(await claimKey(stage, 'forged'), JSON.stringify({ version: 1, fingerprint, open: entry }));
      const words = await claimed(stage, 'forged');
      if (words === '200 succeeded') return words;
      const ran = (await containersWith('esclusa.run', run)).length + (await stage.bucket.keys(`_esclusa/commits/${run}/`)).length;
      return ran === 0 ? words : `${words}; the forged run was run`;
    },
  };
  const copied: Row = {
    name: "another key's claim, copied with its seal to a caller's next key",
    answered: CLEAR,
    act: async (stage) => {
      await stage.honest({ 'Idempotency-Key': 'copied-from' });
      await replay(stage, await claimKey(stage, 'copied-from'), await claimKey(stage, 'copied-to'));
      return claimed(stage, 'copied-to');
    },
  };
  const garbled = garbageFor(keyed).map(([what, content], at): Row => ({
    name: `a claim of ${what} for a caller's next key`,
    answered: CLEAR,
    act: async (stage) => {
      const key = `garbled-${at}`;
      await stage.plant(await claimKey(stage, key), content());
      return claimed(stage, key);
    },
  }));
  return [knowsClaims, forged, copied, ...garbled];
}

/** Entries that would have the gateway itself delete or spoil another run's objects; only a seal shows it. */
function attempts(): Row[] {
  const swept: Row = {
    name: "a forged attempt whose keys are another run's file, so that the sweep deletes it",
    answered: 'the file is there',
    act: async (stage) => {
      const { run, file } = await honestRun(stage);
      const { path, ...owner } = await stage.owner();
      const commitKey = `_esclusa/commits/${run}/2.json`;
      const at = '2020-01-01T00:00:00.000Z';
      await stage.plant(commitKey, JSON.stringify({ state: 'aborted', contract: 1, run, attempt: 2, token: 'x', by: 'x', reason: 'x', abortedAt: at }));
      const entry = {
        version: 1,
        run,
        owner,
        attempt: 1,
        createdAt: at,
        destination: 'x',
        stamp: '20200101_000000',
        reserved: false,
        keys: { d: file },
        commitKey,
      };
      await stage.plant(`_esclusa/attempts/${path}/${run}/2.json`, JSON.stringify(entry));
      await new Promise((resolve) => setTimeout(resolve, SWEEPS_MS));
      return (await stage.bucket.keys(file)).length === 1 ? 'the file is there' : 'the file is gone';
    },
  };
  const judged: Row = {
    name: "a forged verdict on another run's attempt under way",
    answered: 'succeeded',
    act: async (stage) => {
      const { run } = await sleeping(stage, 1);
      await plantVerdict(stage, run);
      return endOf(stage, run);
    },
  };
  const judgedFailed: Row = {
    name: 'a forged verdict that has a failed run fail for a reason of the forger’s',
    answered: 'failed JOB_OUT_OF_MEMORY',
    act: async (stage) => {
      const { run } = await sleeping(stage, 0, { do: 'memory' });
      await plantVerdict(stage, run);
      return endOf(stage, run);
    },
  };
  const ended: Row = {
    name: "a final entry planted before another run's end",
    // Its caller was answered by what the gateway knows; who asks later is told the same, or that the entry can't be believed.
    answered: /^(succeeded|502 LEDGER_UNTRUSTED)$/,
    act: async (stage) => {
      const { run } = await sleeping(stage, 1);
      const { entry } = await forgedRun(stage, { run });
      const at = new Date().toISOString();
      const error = { code: 'FORGED', message: 'forged' };
      await stage.plant(
        `_esclusa/runs/${run}.json`,
        JSON.stringify({ ...entry, endedAt: at, state: 'failed', attempts: [], timeline: [], error, logTail: [] }),
      );
      return endOf(stage, run);
    },
  };
  const cancelled: Row = {
    name: 'a forged wish to cancel another run under way',
    answered: 'succeeded',
    act: async (stage) => {
      const { run } = await sleeping(stage, 3);
      const { path } = await stage.owner();
      await stage.plant(`_esclusa/cancels/${path}/${run}.json`, JSON.stringify({ version: 1, run, askedAt: new Date().toISOString() }));
      return endOf(stage, run);
    },
  };
  return [swept, judged, judgedFailed, ended, cancelled];
}

/** Entries of runs and keys that the gateway has not written, or not so; `keyed`: it has a key that seals its own. */
export function otherEntries(keyed: boolean): Row[] {
  return [...finals(keyed), ...claims(keyed), ...(keyed ? attempts() : [])];
}

/** Plants the verdict that the first attempt of a run has failed, and the run with it. */
async function plantVerdict(stage: Stage, run: string): Promise<void> {
  const { path } = await stage.owner();
  const at = new Date().toISOString();
  const report = { attempt: 1, state: 'aborted', startedAt: at, endedAt: at, code: 'FORGED', message: 'forged' };
  const verdict = { version: 1, run, attempt: 1, code: 'FORGED', message: 'forged', next: 'fail', report, logTail: [] };
  await stage.plant(`_esclusa/attempts/${path}/${run}/1.verdict.json`, JSON.stringify(verdict));
}
