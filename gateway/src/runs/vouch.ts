import { SCHEMA_POLICIES } from '@esclusa/contract';
import { GatewayError } from '../errors.ts';
import type { OpenRun } from '../ledger/entries.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import { effectiveLimits } from './plan.ts';
import { destinationOf } from './stamp.ts';

/**
 * A run that is taken up, by today's catalogue. One of a pipeline that there is no more is not run: throws `PIPELINE_NOT_FOUND`. Of a sealed entry it is known that a catalogue once
 * had it so, and it stays as it was accepted; of any other the pipeline's own source, datasets and limits stand in place of what the entry says, so that nobody can have a
 * database read in a way that no pipeline reads it. Throws `BODY_INVALID` for a dataset that the pipeline has not, and what the engine says of its job.
 */
export async function vouchFor(run: OpenRun, catalogue: Pick<Catalogue, 'list' | 'get'>, { isSealed }: { isSealed: boolean }): Promise<OpenRun> {
  if (isSealed) {
    const known = await catalogue.list();
    if (known.some(({ name }) => name === run.pipeline)) return run;
    throw new GatewayError('PIPELINE_NOT_FOUND', `there is no pipeline "${run.pipeline}" any more, so the run that waited for it is not begun`);
  }
  const { pipeline, job } = await catalogue.get(run.pipeline);
  const asked = Object.entries(run.datasets).map(([name, { schemaChanges }]) => {
    if (!Object.hasOwn(pipeline.datasets, name)) {
      throw new GatewayError(
        'BODY_INVALID',
        `the pipeline "${run.pipeline}" has no dataset ${JSON.stringify(name)} any more, so the run that waited for it is not begun`,
      );
    }
    const policy = SCHEMA_POLICIES.find((known) => known === schemaChanges);
    return [name, { ...pipeline.datasets[name], ...(policy === undefined ? {} : { schemaChanges: policy }) }] as const;
  });
  const { keyTemplate: _, ...rest } = run;
  return {
    ...rest,
    job: pipeline.job,
    datasets: Object.fromEntries(asked),
    whole: asked.length === Object.keys(pipeline.datasets).length,
    source: pipeline.source,
    destination: destinationOf(pipeline),
    ...(pipeline.destination.key === undefined ? {} : { keyTemplate: pipeline.destination.key }),
    limits: effectiveLimits(job.limits, pipeline.limits),
  };
}
