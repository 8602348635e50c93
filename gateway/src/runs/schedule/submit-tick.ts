import type { JobJson } from '@esclusa/contract';
import type { Pipeline } from '../../pipelines/pipeline.ts';
import type { Runs } from '../runs.ts';

/** Has the run of a schedule's tick accepted; its idempotency key is the tick, so that it is one run, whoever submits it and how often. */
export async function submitTick(runs: Runs, { pipeline, job }: { pipeline: Pipeline; job: JobJson }, tick: Date): Promise<'accepted' | 'done'> {
  const asked = new Date();
  const at = tick.toISOString();
  const handle = await runs.submit({
    pipeline,
    job,
    datasets: undefined,
    requestedBy: { via: 'schedule', tick: at },
    idempotencyKey: `${pipeline.name} ${at}`,
  });
  const { accepted } = handle;
  return accepted !== undefined && new Date(accepted.acceptedAt) >= asked ? 'accepted' : 'done';
}
