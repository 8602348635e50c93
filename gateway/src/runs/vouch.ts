import { isDeepStrictEqual } from 'node:util';
import { SCHEMA_POLICIES } from '@esclusa/contract';
import { GatewayError } from '../errors.ts';
import type { OpenRun } from '../ledger/entries.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { effectiveLimits } from './plan.ts';
import { destinationOf } from './stamp.ts';

/**
 * A run that is taken up, by today's catalogue. Throws `PIPELINE_NOT_FOUND` for a pipeline that there is no more. Of a sealed entry it is known that a catalogue once had it so,
 * and it stays as it was accepted. Any other must ask for what its pipeline reads today, letter for letter (throws `PIPELINE_CHANGED`), so that nobody can have a database read
 * in a way that no pipeline reads it; its limits and destination are today's. Throws what the engine says of its job.
 */
export async function vouchFor(run: OpenRun, catalogue: Pick<Catalogue, 'list' | 'get'>, { isSealed }: { isSealed: boolean }): Promise<OpenRun> {
  if (isSealed) {
    const known = await catalogue.list();
    if (known.some(({ name }) => name === run.pipeline)) return run;
    throw new GatewayError('PIPELINE_NOT_FOUND', `there is no pipeline "${run.pipeline}" any more, so the run that waited for it was not begun`);
  }
  const { pipeline, job } = await catalogue.get(run.pipeline);
  const isSame =
    run.job === pipeline.job &&
    Object.keys(run.datasets).length > 0 &&
    isDeepStrictEqual(run.source, pipeline.source) &&
    Object.entries(run.datasets).every(([name, options]) => isOf(pipeline, name, options));
  if (!isSame) {
    throw new GatewayError(
      'PIPELINE_CHANGED',
      `the pipeline "${run.pipeline}" reads something else than when the run was accepted, so it was not begun; ask for it again`,
    );
  }
  const { keyTemplate: _, ...rest } = run;
  return {
    ...rest,
    whole: Object.keys(run.datasets).length === Object.keys(pipeline.datasets).length,
    destination: destinationOf(pipeline),
    ...(pipeline.destination.key === undefined ? {} : { keyTemplate: pipeline.destination.key }),
    limits: effectiveLimits(job.limits, pipeline.limits),
  };
}

/** Returns true if the pipeline has this dataset with the same options; only `schemaChanges` may differ, as a caller may choose it for one run. */
function isOf({ datasets }: Pipeline, name: string, asked: Readonly<Record<string, unknown>>): boolean {
  if (!Object.hasOwn(datasets, name)) return false;
  const known = datasets[name] ?? {};
  if (isDeepStrictEqual(asked, known)) return true;
  const { schemaChanges: policy, ...rest } = asked;
  const { schemaChanges: _, ...others } = known;
  return SCHEMA_POLICIES.some((one) => one === policy) && isDeepStrictEqual(rest, others);
}
