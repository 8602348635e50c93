import { once } from 'node:events';
import { DATASETS_READ, type Manifest, committedSchema } from '@esclusa/contract';
import { containersWith, docker, eventually } from '../support/docker.ts';
import { TestGateway } from '../support/gateway.ts';
import { type TestBucket, keyOf } from '../support/s3.ts';
import { newBucket } from '../support/stack.ts';
import { type Bank, type Size, sizeFor } from './bank.ts';
import { type Findings, brokenBooks, brokenRows, findingsOfBooks, findingsOfRun } from './findings.ts';
import type { Source } from './sources.ts';
import { Writers } from './writers.ts';

const PIPELINE = 'consistencia';
const RUN_SECONDS = 3_600;
/** Transactions that are waited for, so that two reads apart differ. */
const SOME = 20;

/** A run that was read while others wrote, and what became of it. */
export interface Observation {
  readonly manifest: Manifest;
  /** From the request to the end of the run. */
  readonly seconds: number;
  /** From the snapshot to the last row. */
  readonly readSeconds: number;
  /** Transactions that were committed in that time. */
  readonly transfers: number;
  readonly replacements: number;
  /** Whether the job's log warns that there is no snapshot. */
  readonly warned: boolean;
  /** Datasets that were read by several readers, as the log tells. */
  readonly inParallel: number;
  readonly files: Findings;
  /** What two plain reads find, one after the other, while others write. */
  readonly apart: Findings;
  /** What the same two find when nobody writes any more. */
  readonly atRest: Findings;
}

interface Options {
  readonly say?: (line: string) => void;
  /** Aborted to give it up; what was started is then stopped. */
  readonly signal?: AbortSignal;
  /** More limits of the pipeline, or other ones. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** Extracts both tables by a gateway and its container while clients change them without a pause. */
export async function observe(
  source: Source,
  rows: number,
  { say = () => undefined, signal = new AbortController().signal, limits = {} }: Options = {},
): Promise<Observation> {
  const size = sizeFor(rows);
  // Whatever of it fails, the rest is stopped too, the last first.
  await using stack = new AsyncDisposableStack();
  const bucket = await newBucket('consistency');
  const started = await source.start();
  const { bank, environment } = started;
  stack.defer(() => started.stop());
  stack.defer(() => bucket.destroy());
  say(`loading ${size.accounts} accounts and ${size.movements} movements`);
  await unlessAborted(signal, bank.open(size));
  const pipeline = { job: source.job, datasets: source.datasets, limits: { timeAllowedSeconds: RUN_SECONDS, ...limits } };
  const gateway = await TestGateway.start({
    bucket: bucket.name,
    pipelines: { [PIPELINE]: JSON.stringify(pipeline) },
    environment: { ...environment, MAX_ATTEMPTS: '1' },
  });
  // A run that was given up has its container still.
  stack.defer(() => removeContainers(gateway.installation));
  stack.defer(() => gateway.stop());
  const writers = await Writers.start(bank, size);
  stack.defer(() => writers.stop());
  await writers.more(SOME);
  say('extracting while others write');
  const run = await unlessAborted(signal, extract(gateway, bucket, writers));
  const apart = await unlessAborted(signal, readApart(bank, size, writers));
  await writers.stop();
  writers.throwIfFailed();
  const atRest = await findingsOfBooks(await bank.readApart(async () => undefined), size);
  say('looking at the files');
  return { ...run, files: await findingsOfRun(bucket, run.manifest, size), apart, atRest };
}

async function removeContainers(installation: string): Promise<void> {
  for (const { Id } of await containersWith('esclusa.installation', installation)) await docker.getContainer(Id).remove({ force: true });
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return Promise.race([work, once(signal, 'abort').then(() => Promise.reject(signal.reason as Error))]);
}

/**
 * Everything that an observation shows to be wrong, its own failings among it: fewer than `enough` transfers, or replacements,
 * while the files were read would prove little.
 */
export function complaintsOf(observation: Observation, { keepsSnapshots, inParallel: wanted = 0 }: Source, enough: number): string[] {
  const { manifest, files, apart, atRest, transfers, replacements, warned, inParallel } = observation;
  const { consistency, why } = manifest.snapshot;
  const complaints = brokenRows(files).map((what) => `in the files: ${what}`);
  const rows = manifest.resources.map((resource) => resource.rows);
  if (rows[0] !== files.accounts || rows[1] !== files.movements) complaints.push(`the manifest counts ${rows.join(' and ')} rows`);
  if (consistency !== (keepsSnapshots ? 'snapshot' : 'none')) complaints.push(`the manifest says "${consistency}"`);
  if (consistency === 'snapshot') complaints.push(...brokenBooks(files).map((what) => `in the files: ${what}`));
  else if (typeof why !== 'string' || !warned) complaints.push('neither the manifest nor the log says why there is no snapshot');
  if (transfers < enough || replacements < enough) complaints.push(`only ${transfers} transfers and ${replacements} replacements while it was read`);
  if (inParallel !== wanted) complaints.push(`${inParallel} datasets were read by several readers`);
  if (brokenBooks(apart).length === 0) complaints.push('two reads apart found nothing: the test could not fail');
  complaints.push(...[...brokenBooks(atRest), ...brokenRows(atRest)].map((what) => `the writers themselves left behind: ${what}`));
  return complaints;
}

type Run = Pick<Observation, 'manifest' | 'seconds' | 'readSeconds' | 'transfers' | 'replacements' | 'warned' | 'inParallel'>;

async function extract(gateway: TestGateway, bucket: TestBucket, writers: Writers): Promise<Run> {
  const before = performance.now();
  // Not waited for: a client would give up before two million rows are read.
  const { body: accepted } = await gateway.post(PIPELINE, undefined, { Prefer: 'respond-async' });
  const ended = await eventually(
    'the end of the run',
    async () => {
      writers.throwIfFailed();
      const { body } = await gateway.request('GET', `/api/runs/${String(accepted['run'])}`);
      return 'endedAt' in body ? body : undefined;
    },
    RUN_SECONDS,
  );
  const seconds = (performance.now() - before) / 1000;
  if (ended['state'] !== 'succeeded') throw new Error(`the run ${String(ended['state'])}: ${JSON.stringify(ended)}`);
  const log = await (await fetch(`${gateway.url}${String(ended['logs'])}`)).text();
  const manifest = committedSchema.parse(JSON.parse(await bucket.text(keyOf(String(ended['manifest'])))));
  const [from, to] = [Date.parse(manifest.snapshot.takenAt ?? ''), timeOf(log, DATASETS_READ)];
  const meanwhile = writers.committed.filter(({ at }) => at >= from && at <= to);
  const transfers = meanwhile.filter(({ kind }) => kind === 'transfer').length;
  return {
    manifest,
    seconds,
    readSeconds: (to - from) / 1000,
    transfers,
    replacements: meanwhile.length - transfers,
    warned: log.includes('"event":"no-snapshot"'),
    inParallel: log.split('"event":"readers"').length - 1,
  };
}

/** When the job logged an event, in ms since 1970. */
function timeOf(log: string, event: string): number {
  const line = log.split('\n').find((text) => text.includes(`"event":"${event}"`));
  return Date.parse((JSON.parse(line ?? '{}') as { time?: string }).time ?? '');
}

async function readApart(bank: Bank, size: Size, writers: Writers): Promise<Findings> {
  return findingsOfBooks(await bank.readApart(() => writers.more(SOME)), size);
}
