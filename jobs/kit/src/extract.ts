import { type Column, DATASETS_READ, type JobRequest, type Manifest, type Resource, type SchemaChanges, filesOf, listKey } from '@esclusa/contract';
import type { PlannedDataset, SourceSession } from './job.ts';
import { Losses } from './losses.ts';
import { fieldOf } from './manifest/field.ts';
import { redshiftManifest } from './manifest/load/redshift.ts';
import { resourceOfDataset } from './manifest/resource.ts';
import type { FileOutput } from './file-output.ts';
import type { DatasetOptions } from './options/dataset-options.ts';
import type { JobOutput } from './output.ts';
import { progressReporter } from './progress.ts';
import { type Previous, changesSince, enforce, sentence } from './schema-changes.ts';
import { DatasetFiles } from './sink/dataset-files.ts';
import type { Publication } from './sink/publication.ts';
import { fileCompression, splitBytes, writeDataset } from './write-dataset.ts';

/** What one extraction needs. */
export interface Extraction {
  readonly job: string;
  readonly version: string;
  readonly request: JobRequest;
  readonly session: SourceSession<unknown>;
  readonly options: ReadonlyMap<string, DatasetOptions>;
  readonly plans: ReadonlyMap<string, PlannedDataset>;
  readonly publication: Publication;
  readonly output: JobOutput;
  readonly signal: AbortSignal;
  /** The pipeline's latest manifest. */
  readonly previous: Previous;
  /** Lets go of the source, which is needed no more: how long S3 takes is not its business. */
  readonly onRead: () => Promise<void>;
}

/** Reads every dataset to its end into invisible uploads, then publishes them all and commits. */
export async function extract(extraction: Extraction): Promise<Manifest> {
  const declared = [...extraction.plans].filter(([, { schemaless }]) => schemaless !== true);
  // Before anything is read, where the source can tell: what is to be refused costs nothing.
  const changes = new Map(declared.map(([name, { columns }]) => [name, compared(extraction, name, columns.map(fieldOf))]));
  const resources: Resource[] = [];
  for (const [name, { schemaless }] of extraction.plans) {
    const resource = await upload(extraction, name);
    const changed = schemaless === true ? compared(extraction, name, resource.schema?.fields ?? []) : changes.get(name);
    resources.push(changed === undefined ? resource : { ...resource, schemaChanges: changed });
  }
  extraction.output.log('info', 'every dataset is read to its end', { event: DATASETS_READ });
  const { info, snapshot } = extraction.session;
  const manifest = { job: extraction.job, source: { ...info }, snapshot: { ...snapshot }, resources };
  await extraction.onRead();
  return extraction.publication.commit(manifest);
}

/** How a dataset's columns differ from the latest; throws where its policy refuses that. */
function compared({ plans, options, previous, output }: Extraction, dataset: string, columns: readonly Column[]): SchemaChanges | undefined {
  const changes = changesSince(previous, dataset, columns, plans.get(dataset)?.schemaless);
  if (changes === undefined) return undefined;
  const details = { event: 'schema-changed', dataset, ...changes };
  output.log('warn', `dataset "${dataset}": columns are not those of run ${changes.since}: ${sentence(changes)}`, details);
  enforce(dataset, options.get(dataset)?.schemaChanges ?? 'allow', changes);
  return changes;
}

async function upload({ version, request, options, plans, publication, output, signal }: Extraction, name: string): Promise<Resource> {
  const plan = plans.get(name);
  if (plan === undefined) throw new Error(`dataset ${name} has no plan`);
  const report = progressReporter(output, name, plan.estimatedRows);
  const asked = options.get(name) ?? {};
  const losses = new Losses(name, asked.strict ?? false);
  const open = async (number: number) => {
    const object = await publication.open(name, number, asked);
    if (number > 1) output.log('info', `dataset "${name}": file ${number} begins at ${object.key}`, { event: 'next-file', dataset: name });
    return object;
  };
  const files = await DatasetFiles.begin({ dataset: name, open, compression: fileCompression(asked), splitBytes: splitBytes(asked) });
  const passing: FileOutput = {
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
    const whole = await writeDataset(name, plan, losses, passing, asked, version);
    signal.throwIfAborted();
    return { ...whole, files: await files.finish(whole.rows) };
  };
  const written = await writeWhole().finally(() => files.destroy());
  report(written.rows, files.bytes, { now: true });
  const { reasons } = losses;
  if (reasons.length > 0) output.log('warn', `dataset "${name}": values lost something: ${reasons.join('; ')}`, { event: 'lossy', dataset: name });
  const { bucket, keys } = request.destination;
  const list = asked.parquet?.redshiftManifest === true ? listKey(keys[name] ?? '') : undefined;
  const resource = resourceOfDataset({
    ...written,
    dataset: name,
    bucket,
    increment: plan.increment,
    folder: ownFolder(request.run, keys, name),
    list,
    omittedColumns: plan.omittedColumns,
    losses: reasons,
    query: plan.query,
    options: asked,
  });
  if (list !== undefined) {
    const object = await publication.openList(name);
    await object.write(Buffer.from(redshiftManifest(filesOf(resource))));
    await object.finish();
  }
  return resource;
}

/** The folder of a dataset's files, where nothing else ever lies below it: the run's id is in its name, and no other dataset's files are in it. */
function ownFolder(run: string, keys: Readonly<Record<string, string>>, dataset: string): string | undefined {
  const folder = /^.*\//.exec(keys[dataset] ?? '')?.[0] ?? '';
  const others = Object.entries(keys).filter(([name]) => name !== dataset);
  return folder.includes(run) && !others.some(([, key]) => key.startsWith(folder)) ? folder : undefined;
}
