import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll } from '@jest/globals';
import { type DatasetState, type Mode, type Resource, fileEnding, fileKey } from '@esclusa/contract';
import type { Job, Settings, SourceSession } from '../../jobs/kit/src/job.ts';
import { Losses } from '../../jobs/kit/src/losses.ts';
import { resourceOfDataset } from '../../jobs/kit/src/manifest/resource.ts';
import { maskedDataset } from '../../jobs/kit/src/masks/masked-dataset.ts';
import type { DatasetOptions } from '../../jobs/kit/src/options/dataset-options.ts';
import { DatasetFiles, type FileObject } from '../../jobs/kit/src/sink/dataset-files.ts';
import { fileCompression, writeDataset } from '../../jobs/kit/src/write-dataset.ts';
import { unpacked } from './unpacked.ts';

/** A dataset as files on this machine, with what the manifest says of it, and its text, unpacked: that of one CSV, whatever the number of files; of Parquet nothing. */
export interface Extracted {
  readonly resource: Resource;
  readonly files: readonly string[];
  readonly text: string;
}

const folder = await mkdtemp(join(tmpdir(), 'esclusa-corpus-'));
let number = 0;
afterAll(() => rm(folder, { recursive: true }));

/** A session of a job on a server, in this process. */
export async function connectJob<Dataset extends DatasetOptions>(
  job: Job<Dataset>,
  settings: Record<string, string>,
  mode: Mode = 'run',
): Promise<SourceSession<Dataset>> {
  const output = { log: () => undefined, progress: () => undefined, final: async () => undefined };
  const { signal } = new AbortController();
  return job.connect({ settings, mode, applicationName: 'esclusa corpus/1', signal, output });
}

/** Extracts one dataset as the kit does, but for S3. */
export async function extractHere<Dataset extends DatasetOptions>(
  session: SourceSession<Dataset>,
  name: string,
  dataset: Dataset,
  settings: Settings = {},
  state?: DatasetState,
): Promise<Extracted> {
  const plan = maskedDataset(name, await session.plan(name, dataset, state), dataset.mask, settings);
  const losses = new Losses(name, dataset.strict ?? false);
  const objects: MemoryObject[] = [];
  const { splitMiB = Infinity } = dataset;
  const open = async (number: number): Promise<FileObject> => {
    const object = new MemoryObject(fileKey(`corpus/${name}${fileEnding(dataset)}`, number));
    objects.push(object);
    return object;
  };
  const files = await DatasetFiles.begin({ dataset: name, open, compression: fileCompression(dataset), splitBytes: splitMiB * 1024 * 1024 });
  const whole = await writeDataset(name, plan, losses, files, dataset, '0.0.0');
  const resource = resourceOfDataset({
    ...whole,
    files: await files.finish(whole.rows),
    dataset: name,
    bucket: 'lago',
    omittedColumns: plan.omittedColumns,
    losses: losses.reasons,
    query: plan.query,
    increment: plan.increment,
    options: dataset,
  });
  const paths: string[] = [];
  const texts: Buffer[] = [];
  for (const { key, chunks } of objects) {
    const bytes = Buffer.concat(chunks);
    const path = join(folder, `${number++}_${basename(key)}`);
    await writeFile(path, bytes);
    if (whole.as.format === 'csv') texts.push(unpacked(key, bytes).subarray(paths.length === 0 ? 0 : whole.as.headerBytes));
    paths.push(path);
  }
  return { resource, files: paths, text: Buffer.concat(texts).toString('utf8') };
}

/** A file in memory. */
class MemoryObject implements FileObject {
  readonly key: string;
  readonly chunks: Buffer[] = [];
  bytes = 0;
  readonly #sha256 = createHash('sha256');

  constructor(key: string) {
    this.key = key;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.chunks.push(Buffer.from(chunk));
    this.#sha256.update(chunk);
    this.bytes += chunk.byteLength;
  }

  async finish(): Promise<string> {
    return this.#sha256.digest('hex');
  }
}
