import type { JobError } from '@esclusa/contract';
import { EXIT, type JobRequest, type JobResult, type Manifest, filesOf } from '@esclusa/contract';
import { extract } from './extract.ts';
import { requestByHand } from './input/by-hand.ts';
import { readDatasets, readRequest } from './input/request.ts';
import { type Secrets, receiveSecrets } from './input/secrets.ts';
import type { Job, PlannedDataset, Settings, SourceSession } from './job.ts';
import { fieldOf } from './manifest/field.ts';
import { maskedDataset } from './masks/masked-dataset.ts';
import type { DatasetOptions } from './options/dataset-options.ts';
import { type JobOutput, errorLine, processOutput, toJobError } from './output.ts';
import { secretsOf } from './sayable.ts';
import { type Previous, changesSince, columnsOf } from './schema-changes.ts';
import { createS3Client } from './sink/client.ts';
import { Publication } from './sink/publication.ts';
import { type Stop, createStop } from './stop.ts';

// Clean-up has a deadline of its own, shorter than any grace period that a gateway would give.
const CLEAN_UP_MS = 15_000;
// Queries are cancelled, and connections ended, within seconds.
const END_AFTER_STOP_MS = 2 * CLEAN_UP_MS;

/** Runs a job by the contract, from the environment to the exit status; it is all that a job's main.ts calls. */
export async function runJob<Dataset extends DatasetOptions>(job: Job<Dataset>): Promise<never> {
  if (process.argv.includes('--version')) {
    process.stdout.write(`${job.name} ${job.version}\n`);
    process.exit(EXIT.done);
  }
  const output = processOutput();
  const stop = createStop();
  let exit: number = EXIT.done;
  try {
    await output.final(await Promise.race([perform(job, process.env, output, stop), endOf(stop)]));
  } catch (error) {
    // Whatever broke because of the stop is only its consequence: the first cause wins.
    const cause = toJobError(stop.signal.aborted ? stop.signal.reason : error);
    if (cause.code === 'INTERNAL') output.log('error', cause.message, { stack: (cause.cause as Error | undefined)?.stack });
    await output.final(errorLine(cause));
    exit = cause.exit;
  }
  process.exit(exit);
}

/** Rejects some time after the stop: what hangs at the source must not keep a job from ending. Clean-up has its deadline before that. */
async function endOf({ signal }: Stop): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => void setTimeout(() => reject(signal.reason as Error), END_AFTER_STOP_MS).unref();
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

async function perform<Dataset extends DatasetOptions>(job: Job<Dataset>, environment: NodeJS.ProcessEnv, output: JobOutput, stop: Stop): Promise<JobResult> {
  const given = readRequest(environment);
  if (given !== undefined) stop.limit(given.timeAllowedSeconds);
  const secrets = await receiveSecrets(environment, output, stop.signal);
  const settings: Settings = { ...environment, ...secrets.values };
  output.hide?.(secretsOf(settings));
  const applicationName = given === undefined ? 'esclusa by hand' : `esclusa ${given.run}/${given.attempt}`;
  const session = await job.connect({ settings, mode: given?.mode ?? 'run', applicationName, signal: stop.signal, output });
  if (given?.maxSnapshotAgeSeconds !== undefined) stop.limitSnapshot(given.maxSnapshotAgeSeconds);
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= session.close());
  try {
    const request = given ?? requestByHand(job.name, await session.list(), settings);
    if (given === undefined) stop.limit(request.timeAllowedSeconds);
    return await performRequest(job, request, session, release, settings, secrets.previous, output, stop);
  } finally {
    await release();
  }
}

async function performRequest<Dataset extends DatasetOptions>(
  job: Job<Dataset>,
  request: JobRequest,
  session: SourceSession<Dataset>,
  release: () => Promise<void>,
  settings: Settings,
  given: Secrets['previous'],
  output: JobOutput,
  stop: Stop,
): Promise<JobResult> {
  const publication = new Publication(createS3Client(settings), request, stop.signal);
  // Gateways of before tell where it is; those of today what it says, since a job may not read it.
  const latest = given !== undefined || request.previous === undefined ? undefined : publication.manifestAt(request.previous);
  // It is waited for once the source has answered; until then its failure is nobody's.
  latest?.catch(() => undefined);
  // Every dataset is looked for before any is read: a missing one must cost nothing.
  const plans = new Map<string, PlannedDataset>();
  const datasets = readDatasets(request, job.dataset);
  for (const [name, dataset] of datasets) {
    stop.signal.throwIfAborted();
    plans.set(name, maskedDataset(name, await session.plan(name, dataset, request.states?.[name]), dataset.mask, settings));
  }
  if (request.mode === 'check') await publication.check();
  if (request.mode !== 'run') return describeResult(request.mode, session, plans, await previousOf(given, latest));

  const onRead = (): Promise<void> => {
    stop.snapshotDone();
    return release();
  };
  const extraction = {
    job: job.name,
    version: job.version,
    request,
    session,
    options: datasets,
    plans,
    publication,
    output,
    signal: stop.signal,
    previous: await previousOf(given, latest),
    onRead,
  };
  try {
    return runResult(request, await extract(extraction));
  } catch (error) {
    const cause = toJobError(stop.signal.aborted ? stop.signal.reason : error);
    // Ends parts that are still on their way; the cause stays the first one.
    stop.abort(cause);
    const committed = await cleanUp(publication, cause, output);
    if (committed !== undefined) return runResult(request, committed);
    throw cause;
  }
}

/** Takes back what was uploaded; a failure of it is logged and left to the gateway's sweep, never hiding the first cause. */
async function cleanUp(publication: Publication, cause: JobError, output: JobOutput): Promise<Manifest | undefined> {
  const deadline = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`not done within ${CLEAN_UP_MS} ms`)), CLEAN_UP_MS).unref();
  });
  try {
    return await Promise.race([publication.withdraw(cause.code), deadline]);
  } catch (error) {
    output.log('warn', `clean-up of the attempt is left to the gateway: ${(error as Error).message}`, { event: 'clean-up-failed' });
    return undefined;
  }
}

function runResult(request: JobRequest, manifest: Manifest): JobResult {
  const datasets = manifest.resources.map((resource) => {
    const { name, rows, bytes } = resource;
    return [name, { url: filesOf(resource)[0]?.url ?? '', rows, bytes }] as const;
  });
  return { type: 'result', mode: 'run', commitKey: request.destination.commitKey, datasets: Object.fromEntries(datasets) };
}

async function previousOf(given: Secrets['previous'], latest: Promise<Manifest | undefined> | undefined): Promise<Previous> {
  const manifest = await latest;
  return given ?? (manifest === undefined ? undefined : columnsOf(manifest));
}

type Described = Extract<JobResult, { mode: 'check' | 'plan' }>;

function describeResult(mode: Described['mode'], session: SourceSession<unknown>, plans: ReadonlyMap<string, PlannedDataset>, previous: Previous): Described {
  const datasets: Described['datasets'] = {};
  for (const [name, plan] of plans) {
    const columns = plan.columns.map(fieldOf);
    datasets[name] = {
      columns,
      schemaChanges: plan.schemaless === true ? undefined : changesSince(previous, name, columns),
      omittedColumns: [...plan.omittedColumns],
      estimatedRows: plan.estimatedRows,
      estimatedBytes: plan.estimatedBytes,
    };
  }
  return { type: 'result', mode, source: { ...session.info }, datasets };
}
