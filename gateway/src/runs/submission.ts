import { createHash } from 'node:crypto';
import type { JobJson, SchemaPolicy } from '@esclusa/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Engine } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import type { OpenRun, Owner, Requester } from '../ledger/entries.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { resolveVariables } from '../pipelines/variables.ts';
import { effectiveLimits } from './plan.ts';
import { destinationOf } from './stamp.ts';

/** What a caller asks for. */
export interface Submission {
  readonly pipeline: Pipeline;
  readonly job: JobJson;
  /** Names of the datasets wanted; all of the pipeline's when undefined. */
  readonly datasets: readonly string[] | undefined;
  /** Whether its containers shall stay, to be looked into. */
  readonly keep?: boolean | undefined;
  /** Whether incremental datasets are read from the beginning. */
  readonly fullRefresh?: boolean | undefined;
  /** In place of what its datasets say of columns that are not those of the run before. */
  readonly schemaChanges?: SchemaPolicy | undefined;
  readonly requestedBy: Requester;
  /** The same one with the same question means the same run. */
  readonly idempotencyKey?: string | undefined;
}

/** What stands for an idempotency key of a caller in the ledger, where anybody may read it. */
export function claimHash({ requestedBy, idempotencyKey = '' }: Submission): string {
  const { via, caller = '' } = requestedBy;
  return createHash('sha256')
    .update(JSON.stringify([via, caller, idempotencyKey]))
    .digest('hex');
}

/** Stands for what is asked: the same for bodies that mean the same. */
export function fingerprint({ pipeline, datasets, keep, fullRefresh, schemaChanges }: Submission): string {
  const question = {
    pipeline: pipeline.name,
    datasets: datasets?.toSorted() ?? null,
    keep: keep ?? false,
    ...(fullRefresh === true ? { fullRefresh } : {}),
    ...(schemaChanges === undefined ? {} : { schemaChanges }),
  };
  return createHash('sha256').update(JSON.stringify(question)).digest('hex');
}

/** What is known to be missing is said before anything is accepted, and not after a container was started. */
export function checkSubmission(
  { pipeline, job, datasets, keep }: Submission,
  engine: Engine,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  chosenDatasets(pipeline, datasets);
  resolveVariables(pipeline, job, environment);
  if (keep === true && !engine.capabilities.keeps) {
    throw new GatewayError('NOT_SUPPORTED', `the ${engine.name} engine has no containers to keep; use ENGINE=docker, or leave "keep" out`, {
      details: { field: 'keep' },
    });
  }
}

/** The datasets that are asked for; all of them by default. Rejects with `BODY_INVALID` for one that the pipeline has not. */
export function chosenDatasets({ name: pipeline, datasets }: Pipeline, wanted: readonly string[] | undefined): OpenRun['datasets'] {
  const known = Object.keys(datasets);
  const unknown = (wanted ?? []).filter((name) => !Object.hasOwn(datasets, name));
  if (unknown.length > 0) {
    const which = unknown.map((name) => `"${name}"`).join(', ');
    throw new GatewayError('BODY_INVALID', `the pipeline "${pipeline}" has no dataset ${which}; it has ${known.join(', ')}`, {
      details: { field: 'datasets', datasets: known },
    });
  }
  return Object.fromEntries((wanted ?? known).map((name) => [name, datasets[name] ?? {}]));
}

/** The entry of a run that is about to be accepted. */
export function newRun(submission: Submission, owner: Owner, keepContainers: OpenRun['keep']): OpenRun {
  const { pipeline, job, datasets, keep, fullRefresh, schemaChanges, requestedBy } = submission;
  const { concurrency } = pipeline.limits;
  const asked = chosenDatasets(pipeline, datasets);
  const chosen =
    schemaChanges === undefined ? asked : Object.fromEntries(Object.entries(asked).map(([name, dataset]) => [name, { ...dataset, schemaChanges }]));
  return {
    version: 1,
    run: uuidv7(),
    owner,
    pipeline: pipeline.name,
    job: pipeline.job,
    acceptedAt: new Date().toISOString(),
    requestedBy,
    datasets: chosen,
    whole: Object.keys(chosen).length === Object.keys(pipeline.datasets).length,
    source: pipeline.source,
    sourceKey: sourceKey(pipeline),
    ...(concurrency === undefined ? {} : { concurrency }),
    destination: destinationOf(pipeline),
    ...(pipeline.destination.key === undefined ? {} : { keyTemplate: pipeline.destination.key }),
    limits: effectiveLimits(job.limits, pipeline.limits),
    ...(fullRefresh === true ? { fullRefresh } : {}),
    keep: keep === true ? 'all' : keepContainers,
  };
}

/** The same for pipelines that read the same database: the same job with the same `source`. */
export function sourceKey({ job, source }: Pick<Pipeline, 'job' | 'source'>): string {
  const sorted = Object.entries(source).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([job, sorted]))
    .digest('hex')
    .slice(0, 8);
}
