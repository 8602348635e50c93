import { DATASETS_READ, type JobRequest, type Manifest, type ManifestDataset } from '@esclusa/contract';
import { csvRecord } from './csv.ts';
import type { PlannedDataset, SourceSession } from './job.ts';
import type { JobOutput } from './output.ts';
import { progressReporter } from './progress.ts';
import type { ManifestDraft, Publication } from './sink/publication.ts';

/** What one extraction needs. */
export interface Extraction {
  readonly job: string;
  readonly request: JobRequest;
  readonly session: SourceSession<unknown>;
  readonly plans: ReadonlyMap<string, PlannedDataset>;
  readonly publication: Publication;
  readonly output: JobOutput;
  readonly signal: AbortSignal;
}

/** Reads every dataset to its end into invisible uploads, then publishes them all and commits. */
export async function extract(extraction: Extraction): Promise<Manifest> {
  const datasets: Record<string, ManifestDataset> = {};
  for (const name of extraction.plans.keys()) datasets[name] = await upload(extraction, name);
  extraction.output.log('info', 'every dataset is read to its end', { event: DATASETS_READ });
  const draft: ManifestDraft = { job: extraction.job, snapshot: { ...extraction.session.snapshot }, datasets };
  return extraction.publication.commit(draft);
}

async function upload({ request, plans, publication, output, signal }: Extraction, name: string): Promise<ManifestDataset> {
  const plan = plans.get(name);
  const key = request.destination.keys[name];
  if (plan === undefined || key === undefined) throw new Error(`dataset ${name} has no plan or no key`);
  const report = progressReporter(output, name, plan.estimatedRows);
  const object = await publication.open(name);
  await object.write(Buffer.from(csvRecord(plan.columns.map((column) => column.name))));
  const reader = plan.read();
  for await (const chunk of reader) {
    signal.throwIfAborted();
    await object.write(chunk);
    report(reader.rows(), object.bytes);
  }
  signal.throwIfAborted();
  const sha256 = await object.finish();
  report(reader.rows(), object.bytes, { now: true });
  return {
    url: `s3://${request.destination.bucket}/${key}`,
    key,
    rows: reader.rows(),
    bytes: object.bytes,
    sha256,
    columns: [...plan.columns],
    omittedColumns: [...plan.omittedColumns],
  };
}
