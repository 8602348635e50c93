import { DATASETS_READ, type JobRequest, type Manifest, type Resource } from '@esclusa/contract';
import type { PlannedDataset, SourceSession } from './job.ts';
import { Losses } from './losses.ts';
import { resourceOfDataset } from './manifest/resource.ts';
import { dialectOf } from './options/csv-options.ts';
import type { DatasetOptions } from './options/dataset-options.ts';
import type { JobOutput } from './output.ts';
import { progressReporter } from './progress.ts';
import { DatasetFiles } from './sink/dataset-files.ts';
import { MAX_SPLIT_MIB } from './sink/part-size.ts';
import type { Publication } from './sink/publication.ts';
import { type CsvOutput, writeCsv } from './write-csv.ts';

const MIB = 1024 * 1024;

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
  if (plan === undefined) throw new Error(`dataset ${name} has no plan`);
  const report = progressReporter(output, name, plan.estimatedRows);
  const asked = options.get(name) ?? {};
  const losses = new Losses(name, asked.strict ?? false);
  const dialect = dialectOf(asked.csv);
  const { compression, splitMiB = MAX_SPLIT_MIB } = asked;
  const open = async (number: number) => {
    const object = await publication.open(name, number, compression);
    if (number > 1) output.log('info', `dataset "${name}": file ${number} begins at ${object.key}`, { event: 'next-file', dataset: name });
    return object;
  };
  const files = await DatasetFiles.begin({ dataset: name, open, compression, splitBytes: splitMiB * MIB });
  const passing: CsvOutput = {
    get room() {
      return files.room;
    },
    write: async (chunk, rows) => {
      signal.throwIfAborted();
      await files.write(chunk);
      report(rows, files.bytes);
    },
    next: (rows) => files.next(rows),
  };
  const writeWhole = async () => {
    const whole = await writeCsv(name, plan, losses, passing, dialect);
    signal.throwIfAborted();
    return { ...whole, files: await files.finish(whole.rows) };
  };
  const written = await writeWhole().finally(() => files.destroy());
  report(written.rows, files.bytes, { now: true });
  const { reasons } = losses;
  if (reasons.length > 0) output.log('warn', `dataset "${name}": values lost something: ${reasons.join('; ')}`, { event: 'lossy', dataset: name });
  return resourceOfDataset({
    ...written,
    dataset: name,
    bucket: request.destination.bucket,
    omittedColumns: plan.omittedColumns,
    losses: reasons,
    query: plan.query,
    dialect,
    options: asked,
  });
}
