import { CopyObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { v7 as uuidv7 } from 'uuid';
import { containersWith, eventually, runningContainer } from '../../support/docker.ts';
import { keyOf } from '../../support/s3.ts';
import type { Stage } from '../support/stage.ts';

/** How long a forged entry is left where it lies: the gateway of these rows compares every second. */
const LIES_MS = 2_300;
const TOLD_SECONDS = 1;
const WARN = 40;

/** An open entry as somebody else would write it, of a pipeline that nobody has unless `change` says otherwise. */
export async function forgedRun(stage: Stage, change: Readonly<Record<string, unknown>> = {}): Promise<{ run: string; key: string; entry: object }> {
  const { installation, engine, path } = await stage.owner();
  const run = uuidv7();
  const entry = {
    version: 1,
    run,
    owner: { installation, engine },
    pipeline: 'never-defined',
    job: 'postgresql',
    acceptedAt: new Date().toISOString(),
    requestedBy: { via: 'http', caller: 'somebody else' },
    datasets: { loot: { query: 'select * from productos' } },
    whole: true,
    source: {},
    sourceKey: 'deadbeef',
    destination: 'loot',
    limits: { memoryMiB: 256, cpus: 1, pids: 64, scratchMiB: 16, timeAllowedSeconds: 60 },
    keep: 'none',
    ...change,
  };
  return { run, entry, key: `_esclusa/open/${path}/${run}.${entry.pipeline}.${entry.sourceKey}.0.json` };
}

/** Returns the fate of a run that must not be: `not run` or `run`. `not run` adds the places that report it: `/ready`, the gateway's log. */
export async function became(stage: Stage, run: string, prefix = 'loot/'): Promise<string> {
  const deadline = Date.now() + LIES_MS;
  while (Date.now() < deadline) {
    if ((await containersWith('esclusa.run', run)).length > 0) return 'run';
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const written = [...(await stage.bucket.keys(prefix)), ...(await stage.bucket.keys(`_esclusa/commits/${run}/`))];
  if (written.length > 0) return `run: ${written.join(', ')}`;
  return ['not run', ...(await toldOf(stage, run))].join('; ');
}

/** Returns the places that report something unbelieved: `/ready`, and the log at level warn or above. */
export async function toldOf(stage: Stage, word: string): Promise<string[]> {
  const inReady = async (): Promise<boolean> => {
    const { body } = await stage.ask('GET', '/ready');
    const problems = (body['problems'] ?? []) as { what?: string }[];
    return Array.isArray(problems) && problems.some(({ what }) => what?.includes(word));
  };
  const ready = await eventually('/ready', inReady, TOLD_SECONDS).catch(() => false);
  const logged = stage.gateway.log.some((line) => line.includes(word) && levelOf(line) >= WARN);
  return [...(ready ? ['told in /ready'] : []), ...(logged ? ['logged'] : [])];
}

function levelOf(line: string): number {
  return Number(/"level":(\d+)/.exec(line)?.[1] ?? 0);
}

/** Starts a hostile run that sleeps for a while, and waits until its container runs. */
export async function sleeping(stage: Stage, seconds: number, options: object = { do: 'sleep' }): Promise<{ run: string; pipeline: string }> {
  const pipeline = await stage.writeEvil({ ...options, seconds });
  const { body } = await stage.ask('POST', `/api/ingesta/${pipeline}`, undefined, { Prefer: 'respond-async' });
  const run = String(body['run']);
  stage.runs.push(run);
  await runningContainer(run);
  return { run, pipeline };
}

/** How a run ended that was begun so: its state, and the code of its failure. */
export async function endOf(stage: Stage, run: string): Promise<string> {
  return eventually('its end', async () => {
    const { status, body } = await stage.ask('GET', `/api/runs/${run}`);
    if (status !== 200) return `${status} ${String(body['code'])}`;
    const { state, error } = body as { state?: string; error?: { code: string } };
    return ['succeeded', 'failed', 'cancelled'].includes(String(state)) && [state, error?.code].filter(Boolean).join(' ');
  });
}

/** An honest run that has ended, with its whole clearing away, its file and its answer. */
export async function honestRun(stage: Stage): Promise<{ run: string; file: string; text: string }> {
  const answer = await stage.ask('POST', '/api/ingesta/honest');
  const run = String(answer.body['run']);
  const { url = '' } = (answer.body['result'] as Record<string, { url: string }> | undefined)?.['productos'] ?? {};
  await eventually('its final entry', async () => (await stage.bucket.keys(`_esclusa/runs/${run}`)).length === 1);
  await eventually('its open entry to go', async () => !(await stage.bucket.keys('_esclusa/open/')).some((key) => key.includes(run)));
  return { run, file: keyOf(url), text: answer.text };
}

/** An object with its metadata, as whoever may read the bucket sees it. */
export interface Stolen {
  readonly key: string;
  readonly body: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads an object with its seal, if it has one. */
export async function steal({ bucket }: Stage, key: string): Promise<Stolen> {
  const { Metadata = {} } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
  return { key, body: await bucket.bytes(key), metadata: Metadata };
}

/** Copies an object with all its metadata to another key; taken away when the row is over. */
export async function replay(stage: Stage, from: string, to: string): Promise<void> {
  stage.strange(to);
  const { name, client } = stage.bucket;
  await client.send(new CopyObjectCommand({ Bucket: name, Key: to, CopySource: encodeURI(`${name}/${from}`) }));
}

/** Writes other content under the seal of what stands there. */
export async function alter({ bucket }: Stage, key: string, change: (text: string) => string | Buffer): Promise<void> {
  const { Metadata = {} } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: change(await bucket.text(key)), Metadata }));
}

/** Contents that nobody can work with; those that a reader without a key meets in the same way are told apart once, with it. */
export function garbageFor(keyed: boolean): [what: string, content: () => string | Buffer][] {
  return Object.entries(GARBAGE).filter(([what]) => keyed || TELLING.has(what));
}

const TELLING: ReadonlySet<string> = new Set(['no JSON', '90 MiB of JSON', 'nesting of 100,000', '300,000 wrong values']);

/** By what they are. */
const GARBAGE: Readonly<Record<string, () => string | Buffer>> = {
  'zero bytes': () => '',
  'no JSON': () => 'not json at all \u0000\ufffe',
  '90 MiB': () => Buffer.alloc(90 * 1024 * 1024, 'p'),
  '90 MiB of JSON': () => Buffer.concat([Buffer.from('{"pad":"'), Buffer.alloc(90 * 1024 * 1024, 'p'), Buffer.from('"}')]),
  'three million values': () => `{"x":[${'0,'.repeat(3_000_000)}0]}`,
  'nesting of 100,000': () => `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  '300,000 wrong values': () => `{"timeline":[${'1,'.repeat(299_999)}1],"version":1}`,
  '380,000 names': () => `{${Array.from({ length: 380_000 }, (_, n) => `"n${n}":0`).join()}}`,
  __proto__: () => '{"__proto__":{"version":1},"constructor":{"prototype":{"version":1}}}',
};
