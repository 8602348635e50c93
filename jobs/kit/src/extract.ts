import { DATASETS_READ, type JobRequest, type Manifest, type Resource } from '@esclusa/contract';
import type { PlannedDataset, SourceSession } from './job.ts';
import { Losses } from './losses.ts';
import { resourceOfFile } from './manifest/resource.ts';
import { dialectOf } from './options/csv-options.ts';
import type { DatasetOptions } from './options/dataset-options.ts';
import type { JobOutput } from './output.ts';
import { progressReporter } from './progress.ts';
import { Compressor } from './sink/compressor.ts';
import { MAX_OBJECT_BYTES } from './sink/part-size.ts';
import type { Publication } from './sink/publication.ts';
import { writeCsv } from './write-csv.ts';

/** What one extraction needs. */
export interface Extraction {
  readonly job: string;
  readonly request: JobRequest;
  readonly session: SourceSession<unknown>;
  readonly options: ReadonlyMap<string, DatasetOptions>;
  readonly plans: ReadonlyMap<string, PlannedDataset>;
  readonly publication: Publication;
  readonly output: JobOutput;
  readonly signal: AbortSignal;
  /** Lets go of the source, which is needed no more: how long S3 takes is not its business. */
  readonly onRead: () => Promise<void>;
}

/** Reads every dataset to its end into invisible uploads, then publishes them all and commits. */
export async function extract(extraction: Extraction): Promise<Manifest> {
  const resources: Resource[] = [];
  for (const name of extraction.plans.keys()) resources.push(await upload(extraction, name));
  extraction.output.log('info', 'every dataset is read to its end', { event: DATASETS_READ });
  const { info, snapshot } = extraction.session;
  const manifest = { job: extraction.job, source: { ...info }, snapshot: { ...snapshot }, resources };
  await extraction.onRead();
  return extraction.publication.commit(manifest);
}

async function upload({ request, options, plans, publication, output, signal }: Extraction, name: string): Promise<Resource> {
  const plan = plans.get(name);
  const key = request.destination.keys[name];
  if (plan === undefined || key === undefined) throw new Error(`dataset ${name} has no plan or no key`);
  if (plan.estimatedBytes !== undefined && plan.estimatedBytes > MAX_OBJECT_BYTES) warnOfSize(output, name, plan.estimatedBytes);
  const report = progressReporter(output, name, plan.estimatedRows);
  const asked = options.get(name) ?? {};
  const losses = new Losses(name, asked.strict ?? false);
  const dialect = dialectOf(asked.csv);
  const { compression } = asked;
  const object = await publication.open(name, compression);
  const compressor = compression === undefined ? undefined : new Compressor(compression, object);
  const hand = async (chunk: Uint8Array, rows: number): Promise<void> => {
    signal.throwIfAborted();
    await (compressor ?? object).write(chunk);
    report(rows, object.bytes);
  };
  const writeWhole = async () => {
    const whole = await writeCsv(name, plan, losses, hand, dialect);
    signal.throwIfAborted();
    await compressor?.finish();
    return whole;
  };
  const written = await writeWhole().finally(() => compressor?.destroy());
  const sha256 = await object.finish();
  report(written.rows, object.bytes, { now: true });
  const { reasons } = losses;
  if (reasons.length > 0) output.log('warn', `dataset "${name}": values lost something: ${reasons.join('; ')}`, { event: 'lossy', dataset: name });
  return resourceOfFile({
    ...written,
    dataset: name,
    bucket: request.destination.bucket,
    key,
    bytes: object.bytes,
    uncompressedBytes: compressor?.bytes,
    sha256,
    omittedColumns: plan.omittedColumns,
    losses: reasons,
    query: plan.query,
    dialect,
    options: asked,
  });
}

/** Hours before it would fail. */
function warnOfSize(output: JobOutput, dataset: string, bytes: number): void {
  const bound = `an object takes ${gigabytes(MAX_OBJECT_BYTES)} GB at the most, and the run fails when its file is longer`;
  const mend = 'make several datasets of it, each with a "where" or a query';
  output.log('warn', `dataset "${dataset}": the source has about ${gigabytes(bytes)} GB of it; ${bound}: ${mend}`, { event: 'too-large', dataset });
}

function gigabytes(bytes: number): number {
  return Math.round(bytes / 1e9);
}
