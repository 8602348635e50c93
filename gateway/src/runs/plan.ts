import { CONTRACT_ENV, CONTRACT_VERSION, type JobRequest, type Limits, S3_ENV, limitsSchema } from '@esclusa/contract';
import type { AttemptSpec } from '../engine/engine.ts';
import type { AttemptEntry, OpenRun } from '../ledger/entries.ts';
import { type KeepMark, keepLabels } from './keep.ts';

/** Labels of a container by which what it has left can be found, when nothing else is known of its attempt. */
export const ATTEMPT_LABELS = { commitKey: 'esclusa.commit-key', keys: 'esclusa.keys' } as const;

/** Where jobs find S3; no secret. */
export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly forcePathStyle: boolean | undefined;
}

/** What is put together into a container. */
export interface AttemptParts {
  readonly run: Pick<OpenRun, 'run' | 'pipeline' | 'job' | 'datasets'>;
  readonly entry: Pick<AttemptEntry, 'attempt' | 'keys' | 'commitKey' | 'states'>;
  readonly mode: JobRequest['mode'];
  readonly limits: Limits;
  /** What the job runs from, where the engine knows it. */
  readonly image?: string | undefined;
  /** Key of the pipeline's latest manifest; there may be none at it. */
  readonly previous?: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly s3: S3Settings;
  readonly installation: string;
  readonly keep?: KeepMark | undefined;
}

/** Turns an attempt into what an engine starts; pure. */
export function planAttempt({ run, entry, mode, limits, image, previous, variables, s3, installation, keep }: AttemptParts): AttemptSpec {
  const request: JobRequest = {
    version: CONTRACT_VERSION,
    mode,
    run: run.run,
    attempt: entry.attempt,
    pipeline: run.pipeline,
    datasets: run.datasets,
    destination: {
      bucket: s3.bucket,
      keys: entry.keys,
      commitKey: entry.commitKey,
    },
    timeAllowedSeconds: limits.timeAllowedSeconds,
    ...(limits.maxSnapshotAgeSeconds === undefined ? {} : { maxSnapshotAgeSeconds: limits.maxSnapshotAgeSeconds }),
    ...(image === undefined ? {} : { image }),
    ...(entry.states === undefined ? {} : { states: entry.states }),
    ...(previous === undefined ? {} : { previous }),
  };
  return {
    run: run.run,
    attempt: entry.attempt,
    job: run.job,
    pipeline: run.pipeline,
    mode,
    installation,
    limits,
    environment: {
      ...variables,
      [S3_ENV.bucket]: s3.bucket,
      [S3_ENV.region]: s3.region,
      ...(s3.endpoint === undefined ? {} : { [S3_ENV.endpoint]: s3.endpoint }),
      ...(s3.forcePathStyle === undefined ? {} : { [S3_ENV.forcePathStyle]: String(s3.forcePathStyle) }),
      [CONTRACT_ENV.secrets]: 'stdin',
      [CONTRACT_ENV.request]: JSON.stringify(request),
    },
    labels: {
      [ATTEMPT_LABELS.commitKey]: entry.commitKey,
      [ATTEMPT_LABELS.keys]: JSON.stringify(entry.keys),
      ...(keep === undefined ? {} : keepLabels(keep)),
    },
  };
}

/** The job's limits with the pipeline's in their place; what a pipeline limits beyond one container, such as its concurrency, is left out. */
export function effectiveLimits(job: Limits, pipeline: { [Name in keyof Limits]?: Limits[Name] | undefined }): Limits {
  const set = Object.entries(pipeline).filter(([name, value]) => Object.hasOwn(limitsSchema.shape, name) && value !== undefined);
  return { ...job, ...Object.fromEntries(set) };
}
