import { type JobJson, S3_SECRETS, secretsLine } from '@esclusa/contract';
import type { Logger } from 'pino';
import { type Attempt, type AttemptExit, type AttemptSpec, type Engine, EngineError } from '../engine/engine.ts';
import type { Credentials } from '../ledger/bucket.ts';
import type { CredentialsScope } from '../ledger/job-credentials.ts';
import type { PreviousColumns } from '../ledger/latest.ts';
import type { AttemptEntry, OpenRun } from '../ledger/entries.ts';
import { resolveVariables } from '../pipelines/variables.ts';
import { keepMark } from './keep.ts';
import type { OwnStop } from './outcome.ts';
import { OutputCollector, type OutputListener } from './output/collector.ts';
import type { Mask } from './output/mask.ts';
import { maskFor } from './output/secrets.ts';
import { type S3Settings, planAttempt } from './plan.ts';

// The job's own clock comes first; ours is for a job that doesn't keep it.
const CLOCK_MARGIN_SECONDS = 2;
// An adopted job that has its secrets says so in the output that is replayed at once.
const REPLAY_MS = 500;

/** What attempts need from the gateway. */
export interface AttemptServices {
  readonly engine: Engine;
  readonly installation: string;
  readonly s3: S3Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stopGraceSeconds: number;
  /** How long a kept container stays, beyond the time that its job may take. */
  readonly keepHours: number;
  /** Returns the credentials by which an attempt accesses the bucket. */
  credentials(scope: CredentialsScope): Promise<Credentials>;
  /** Key of a pipeline's latest manifest; there may be none at it. */
  latestKey(pipeline: string): string;
  /** The columns of datasets in a pipeline's latest manifest, which jobs themselves may not read. */
  latestColumns(pipeline: string, datasets: readonly string[]): Promise<PreviousColumns | undefined>;
}

/** An attempt that has ended and whose output is drained. */
export interface EndedAttempt {
  readonly exit: AttemptExit;
  readonly collector: OutputCollector;
  readonly ownStop: OwnStop | undefined;
  /** The container, to be removed once nobody needs it any more. */
  readonly container: Attempt | undefined;
}

/** What an attempt is made of: its spec, its secrets, and the mask that hides them. */
export interface PreparedAttempt {
  readonly spec: AttemptSpec;
  readonly secrets: Readonly<Record<string, string>>;
  readonly mask: Mask;
  /** Earlier columns to compare with; null if there are none, undefined if nothing is compared. */
  readonly previous: PreviousColumns | null | undefined;
  /** Names of the datasets that it is asked for. */
  readonly datasets: readonly string[];
}

/** The part of a run that an attempt needs. */
export type AttemptRun = Pick<OpenRun, 'run' | 'pipeline' | 'job' | 'datasets' | 'limits' | 'source' | 'keep'>;
/** The part of an entry that an attempt needs. */
export type AttemptKeys = Pick<AttemptEntry, 'attempt' | 'keys' | 'commitKey' | 'states'>;

/** How whoever drives an attempt takes part in it. */
export interface AttemptControl {
  /** Aborted when the gateway leaves; a container that can be adopted runs on. */
  readonly leave: AbortSignal;
  /** Aborted when the run is to be cancelled: then the container is stopped. */
  readonly cancelled?: AbortSignal;
  /** Told what the job says, as it says it. */
  readonly listener?: OutputListener;
  /** Given the output as soon as there can be any; it fills while the job runs. */
  readonly output: (collector: OutputCollector) => void;
  /** The container was created, started, or found. */
  readonly stands?: (how: 'created' | 'started' | 'adopted') => void;
}

/** Puts an attempt together: variables from pipeline and environment, credentials from AWS's chain. */
export async function prepareAttempt(
  services: AttemptServices,
  job: JobJson,
  run: AttemptRun,
  entry: AttemptKeys,
  mode: AttemptSpec['mode'],
): Promise<PreparedAttempt> {
  const { s3, installation, environment } = services;
  const variables = resolveVariables({ name: run.pipeline, source: run.source }, job, environment);
  const { timeAllowedSeconds: seconds } = run.limits;
  const datasets = Object.keys(run.datasets);
  const [credentials, previous, image] = await Promise.all([
    services.credentials({ run: run.run, attempt: entry.attempt, keys: Object.values(entry.keys), commitKey: entry.commitKey, mode, seconds }),
    mode === 'check' ? undefined : services.latestColumns(run.pipeline, datasets),
    imageOf(services.engine, run.job, job),
  ]);
  const secrets = {
    ...variables.secret,
    [S3_SECRETS.accessKeyId]: credentials.accessKeyId,
    [S3_SECRETS.secretAccessKey]: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { [S3_SECRETS.sessionToken]: credentials.sessionToken }),
  };
  const keep = keepMark(run.keep, run.limits.timeAllowedSeconds, services.keepHours, new Date());
  const spec = planAttempt({
    run,
    entry,
    mode,
    limits: run.limits,
    image: mode === 'run' ? image : undefined,
    previous: mode === 'check' ? undefined : services.latestKey(run.pipeline),
    variables: variables.plain,
    s3,
    installation,
    keep,
  });
  // The access key's id is no secret by itself and stands in every signed URL.
  const { [S3_SECRETS.accessKeyId]: _, ...hidden } = secrets;
  return {
    spec: { ...spec, image },
    secrets,
    mask: maskFor(environment, Object.values(hidden)),
    datasets,
    previous: mode === 'check' ? undefined : (previous ?? null),
  };
}

/** Image that was described: the start uses it, and the manifest names it. The start reports a missing image or an engine that is away. */
async function imageOf(engine: Engine, job: string, described: JobJson): Promise<string | undefined> {
  return engine.image(job, described).catch(() => undefined);
}

/** Starts a container, hands it its secrets, and stays with it until it has ended and its output is drained. */
export async function runAttempt(services: AttemptServices, prepared: PreparedAttempt, log: Logger, control: AttemptControl): Promise<EndedAttempt> {
  const collector = collect(prepared, log, control);
  const container = await services.engine.start(prepared.spec, collector, () => control.stands?.('created'));
  log.info({ container: container.handle }, 'attempt started');
  control.stands?.('started');
  return follow(services, prepared, container, collector, log, control);
}

/** Takes up a container that an earlier gateway started; undefined when there is none any more, else what stays with it to its end. */
export async function adoptAttempt(
  services: AttemptServices,
  prepared: PreparedAttempt,
  log: Logger,
  control: AttemptControl,
): Promise<(() => Promise<EndedAttempt>) | undefined> {
  const { run, attempt } = prepared.spec;
  const collector = collect(prepared, log, control);
  const container = await services.engine.adopt({ run, attempt }, services.installation, collector);
  if (container === undefined) return undefined;
  log.info({ container: container.handle }, 'attempt adopted');
  control.stands?.('adopted');
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, REPLAY_MS));
    return follow(services, prepared, container, collector, log, control);
  };
}

function collect({ mask, spec, datasets }: PreparedAttempt, log: Logger, control: AttemptControl): OutputCollector {
  const listener: OutputListener = {
    log: (line) => log.debug({ line }, 'job output'),
    line: (line) => control.listener?.line?.(line),
    progress: (progress) => {
      log.debug({ progress }, 'progress');
      control.listener?.progress?.(progress);
    },
    final: (line) => control.listener?.final?.(line),
    event: (name) => control.listener?.event?.(name),
  };
  const collector = new OutputCollector(mask, listener, { mode: spec.mode, datasets });
  control.output(collector);
  return collector;
}

async function follow(
  services: AttemptServices,
  { spec, secrets, previous }: PreparedAttempt,
  container: Attempt,
  collector: OutputCollector,
  log: Logger,
  { leave, cancelled }: AttemptControl,
): Promise<EndedAttempt> {
  let ownStop: OwnStop | undefined;
  const stop = (why: OwnStop | undefined): void => {
    ownStop ??= why;
    container.stop(services.stopGraceSeconds).catch((error: unknown) => log.warn({ err: error }, 'stopping the container failed'));
  };
  const clock = setTimeout(() => stop('time-up'), (spec.limits.timeAllowedSeconds + CLOCK_MARGIN_SECONDS) * 1000);
  // An engine whose containers outlive us leaves them to the next gateway.
  const onLeave = (): void => {
    if (!services.engine.capabilities.adopts) stop(undefined);
  };
  const onCancel = (): void => stop('cancelled');
  leave.addEventListener('abort', onLeave, { once: true });
  cancelled?.addEventListener('abort', onCancel, { once: true });
  if (cancelled?.aborted === true) onCancel();
  try {
    // A container that ended before it took its secrets tells by its exit what was wrong.
    if (!collector.secretsReceived)
      await container.send(secretsLine(secrets, previous)).catch((error: unknown) => log.warn({ err: error }, 'secrets not taken'));
    return { exit: await endOf(services, container, spec, collector, log), collector, ownStop, container };
  } finally {
    clearTimeout(clock);
    leave.removeEventListener('abort', onLeave);
    cancelled?.removeEventListener('abort', onCancel);
    collector.end();
  }
}

const ENGINE_PAUSE_MS = 2_000;

/** Waits for the end, through times in which the engine can't be reached. */
async function endOf(services: AttemptServices, container: Attempt, spec: AttemptSpec, collector: OutputCollector, log: Logger): Promise<AttemptExit> {
  let current = container;
  for (;;) {
    try {
      return await current.ended;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      log.warn({ err: error }, 'lost sight of the container; looking for it again');
    }
    await new Promise((resolve) => setTimeout(resolve, ENGINE_PAUSE_MS));
    try {
      const found = await services.engine.adopt({ run: spec.run, attempt: spec.attempt }, services.installation, collector);
      if (found === undefined) return { status: undefined, oomKilled: false };
      current = found;
    } catch (error) {
      log.warn({ err: error }, 'the engine does not answer');
    }
  }
}
