import { eventually } from '../../support/docker.ts';
import { wordsOf } from '../support/ask.ts';
import type { Row } from '../support/row.ts';
import type { Stage } from '../support/stage.ts';
import { garbageFor, alter, endOf, honestRun, sleeping, steal } from './forged.ts';

/** Enough for 90 MiB to be there before the job's own decision. */
const TO_UPLOAD_SECONDS = 8;
const LOG_BYTES = 2 * 1024 * 1024;
const PREFIXES = [
  'open',
  'attempts',
  'cancels',
  'idem',
  'schedules',
  'stamps',
  'commits',
  'logs',
  'runs',
  'index/all',
  'index/pipeline/honest',
  'latest',
  'states',
  'probes',
];
/** Keys that are nothing of ours, by hook or by crook; S3 takes all of them. */
const ODD = [
  'x',
  '.json',
  'ñandú/€.json',
  '../../x.json',
  'a b+c%2F&=?#.json',
  `${'k'.repeat(600)}.json`,
  '00000000-0000-7000-8000-000000000000.json',
  '__proto__.json',
  "';--.json",
];

const garbage: Row = {
  name: `objects with odd keys and garbage, and empty ones, below each of ${PREFIXES.length} prefixes`,
  answered: '200 succeeded; 200 of all runs; 200 of the pipeline’s',
  act: async (stage) => {
    const { path } = await stage.owner();
    const folders = PREFIXES.flatMap((prefix) => [`_esclusa/${prefix}/`, `_esclusa/${prefix}/${path}/`]);
    const planted = folders.flatMap((folder) => ODD.map((name, at) => stage.plant(folder + name, at % 2 === 0 ? '' : 'garbage \u0000')));
    await Promise.all(planted);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const lists = [await stage.ask('GET', '/api/runs'), await stage.ask('GET', '/api/runs?pipeline=honest')];
    return `200 ${await stage.honest()}; ${lists[0]?.status} of all runs; ${lists[1]?.status} of the pipeline’s`;
  },
};

/** Runs the honest pipeline, and says if its latest manifest moves on to the newest run. */
async function movesOn(stage: Stage): Promise<string> {
  const honest = await stage.honest();
  const { run } = await honestRun(stage);
  const moved = await eventually('latest', async () => (await stage.bucket.text('_esclusa/latest/honest.json')).includes(run), 8).catch(() => false);
  return `200 ${honest}; latest is ${moved ? 'the newest' : 'stuck'}`;
}

/** The newest manifest of a pipeline. */
function latest(what: string, content: () => string | Buffer): Row {
  return {
    name: `the latest manifest replaced by ${what}`,
    answered: '200 succeeded; latest is the newest',
    act: async (stage) => {
      await stage.plant('_esclusa/latest/honest.json', content());
      return movesOn(stage);
    },
  };
}

function inThatYear(manifest: string): string {
  return manifest.replaceAll(/"(takenAt|created)":"[^"]*"/g, '"$1":"2099-01-01T00:00:00.000Z"');
}

const fromTheFuture: Row = {
  name: 'the latest manifest replaced by one from 2099',
  answered: '200 succeeded; latest is the newest',
  act: async (stage) => {
    await honestRun(stage);
    const key = '_esclusa/latest/honest.json';
    await eventually('latest', async () => (await stage.bucket.keys(key)).length === 1);
    await alter(stage, key, inThatYear);
    return movesOn(stage);
  },
};

/** How far an incremental dataset was read. */
const INCREMENTAL = 'job: postgresql\ndatasets:\n  productos: { incremental: { cursor: id } }\n';

async function readIncrement(stage: Stage, pipeline: string): Promise<string> {
  const answer = await stage.ask('POST', `/api/ingesta/${pipeline}`);
  if (typeof answer.body['run'] === 'string') stage.runs.push(answer.body['run']);
  const rows = (answer.body['result'] as Record<string, { registros: number }> | undefined)?.['productos']?.registros;
  return `${wordsOf(answer)}${rows === undefined ? '' : ` ${rows} rows`}`;
}

function states(what: string, answered: string | RegExp, change: (text: string) => string | Buffer): Row {
  return {
    name: `the state of a pipeline's increments, ${what}`,
    answered,
    act: async (stage) => {
      const pipeline = `inc-${what.replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 30);
      await stage.gateway.writePipeline(pipeline, INCREMENTAL);
      const first = await readIncrement(stage, pipeline);
      const key = `_esclusa/states/${pipeline}.json`;
      stage.strange(key);
      // The answer comes before what was read is written down.
      await eventually('the claim to be settled', async () => !(await stage.bucket.text(key)).includes('"claim"'));
      const { body } = await steal(stage, key);
      await alter(stage, key, () => change(body.toString()));
      return `${first}; then ${await readIncrement(stage, pipeline)}; state ${(await stage.ask('GET', `/api/ingesta/${pipeline}/state`)).status}`;
    },
  };
}

/** An operator's mend of states that are not believed. */
function mended(method: 'PUT' | 'DELETE', rows: number): Row {
  return {
    name: `the state of a pipeline's increments replaced by no JSON, and then ${method}`,
    answered: new RegExp(`^200 3 rows; (502|503) (?!INTERNAL)[A-Z_]+; ${method} 200; 200 ${rows} rows$`),
    act: async (stage) => {
      const pipeline = `inc-mended-by-${method.toLowerCase()}`;
      await stage.gateway.writePipeline(pipeline, INCREMENTAL);
      const first = await readIncrement(stage, pipeline);
      const key = `_esclusa/states/${pipeline}.json`;
      stage.strange(key);
      await eventually('the claim to be settled', async () => !(await stage.bucket.text(key)).includes('"claim"'));
      await alter(stage, key, () => 'not json at all');
      const refused = await readIncrement(stage, pipeline);
      const body = method === 'PUT' ? '{"state":{"cursor":"id","value":"2"}}' : undefined;
      const { status } = await stage.ask(method, `/api/ingesta/${pipeline}/state/productos`, body);
      return `${first}; ${refused}; ${method} ${status}; ${await readIncrement(stage, pipeline)}`;
    },
  };
}

/** Read in part only, and nobody told: the worst of it. A state that can't be believed is refused, by every route. */
function ofStates(keyed: boolean): Row[] {
  const untrusted = /^200 3 rows; then 502 LEDGER_UNTRUSTED; state 502$/;
  const clear = /^200 3 rows; then (502|503) (?!INTERNAL)[A-Z_]+; state (502|503)$/;
  const skipped = states('set beyond rows that were never read, under its old seal', untrusted, (text) => text.replace(/"value":"?3"?/, '"value":"999999"'));
  return [
    ...(keyed ? [skipped] : []),
    mended('PUT', 1),
    mended('DELETE', 3),
    ...garbageFor(keyed).map(([what, content]) => states(`replaced by ${what}`, keyed ? untrusted : clear, content)),
  ];
}

/** The decision of a run, once it has ended: what was told stays true. */
function overwritten(what: string, content: (text: string) => string | Buffer): Row {
  return {
    name: `the commit key of an ended run overwritten with ${what}`,
    answered: 'the run is told as before; 200 succeeded',
    act: async (stage) => {
      const { run } = await honestRun(stage);
      const before = (await stage.ask('GET', `/api/runs/${run}`)).text;
      await alter(stage, `_esclusa/commits/${run}/1.json`, content);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const after = (await stage.ask('GET', `/api/runs/${run}`)).text;
      return `the run is told ${after === before ? 'as before' : 'otherwise'}; 200 ${await stage.honest()}`;
    },
  };
}

/** A stranger decides an attempt under way: the job's own decision is refused by S3. */
function decided(what: string, content: (run: string) => string | Buffer, seconds = 1): Row {
  return {
    name: `the commit key of a run under way taken by ${what}`,
    answered: 'failed JOB_CONTRACT_BROKEN',
    act: async (stage) => {
      const { run } = await sleeping(stage, seconds);
      stage.strange(await stage.plant(`_esclusa/commits/${run}/1.json`, content(run)));
      return endOf(stage, run);
    },
  };
}

const longLog: Row = {
  name: 'the log of an ended run replaced by 90 MiB',
  answered: /^(200 bounded|502 [A-Z_]+)$/,
  act: async (stage) => {
    const { run } = await honestRun(stage);
    await eventually('its log', async () => (await stage.bucket.keys(`_esclusa/logs/${run}/`)).length === 1);
    await alter(stage, `_esclusa/logs/${run}/1.jsonl`, () => Buffer.alloc(90 * 1024 * 1024, 'l\n'));
    const answer = await stage.ask('GET', `/api/runs/${run}/logs`);
    const size = answer.text.length <= LOG_BYTES ? 'bounded' : `${answer.text.length} bytes`;
    return answer.status === 200 ? `200 ${size}` : wordsOf(answer);
  },
};

const uploads: Row = {
  name: "multipart uploads left open on another pipeline's keys",
  answered: '200 succeeded; the strangers’ are there',
  act: async (stage) => {
    const key = `honest/productos_20250101_000000.csv`;
    await stage.bucket.plantUpload(key);
    await stage.bucket.plantUpload('_esclusa/open/x.json');
    const honest = await stage.honest();
    const there = (await stage.bucket.uploads()).length;
    await stage.bucket.abortUploads();
    return `200 ${honest}; the strangers’ are ${there >= 2 ? 'there' : 'gone'}`;
  },
};

function manifest(run: string): string {
  return JSON.stringify({
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: 'x',
    created: '2025-01-01T00:00:00Z',
    state: 'committed',
    contract: 1,
    run,
    attempt: 1,
    token: 'x',
    pipeline: 'x',
    job: 'evil',
    snapshot: { consistency: 'none' },
    resources: [],
  });
}

/** Rows on objects that stand in the bucket and that somebody else changes; `keyed`: the gateway has a key that seals its own. */
export function standing(keyed: boolean): Row[] {
  return [
    garbage,
    ...garbageFor(keyed).map(([what, content]) => latest(what, content)),
    fromTheFuture,
    ...ofStates(keyed),
    overwritten('garbage', () => 'garbage'),
    overwritten('90 MiB', () => Buffer.alloc(90 * 1024 * 1024, 'p')),
    overwritten('another manifest', (text) => text.replaceAll('productos', 'salaries')),
    overwritten('`aborted`', (text) =>
      JSON.stringify({
        state: 'aborted',
        contract: 1,
        run: (JSON.parse(text) as { run: string }).run,
        attempt: 1,
        token: 'x',
        by: 'x',
        reason: 'x',
        abortedAt: '2020-01-01T00:00:00.000Z',
      }),
    ),
    decided("a stranger's manifest", manifest),
    decided('90 MiB', () => Buffer.alloc(90 * 1024 * 1024, 'p'), TO_UPLOAD_SECONDS),
    decided('zero bytes', () => ''),
    longLog,
    uploads,
  ];
}
