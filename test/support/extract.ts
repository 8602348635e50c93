import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll } from '@jest/globals';
import { type Compression, type Mode, type Resource, compressionEnding } from '@esclusa/contract';
import type { Job, Settings, SourceSession } from '../../jobs/kit/src/job.ts';
import { Losses } from '../../jobs/kit/src/losses.ts';
import { resourceOfFile } from '../../jobs/kit/src/manifest/resource.ts';
import { maskedDataset } from '../../jobs/kit/src/masks/masked-dataset.ts';
import { dialectOf } from '../../jobs/kit/src/options/csv-options.ts';
import type { DatasetOptions } from '../../jobs/kit/src/options/dataset-options.ts';
import { Compressor } from '../../jobs/kit/src/sink/compressor.ts';
import { writeCsv } from '../../jobs/kit/src/write-csv.ts';

/** A dataset as a file on this machine, with what the manifest says of it, and its text, unpacked. */
export interface Extracted {
  readonly resource: Resource;
  readonly file: string;
  readonly text: string;
}

const folder = await mkdtemp(join(tmpdir(), 'esclusa-corpus-'));
let files = 0;
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
): Promise<Extracted> {
  const plan = maskedDataset(name, await session.plan(name, dataset), dataset.mask, settings);
  const dialect = dialectOf(dataset.csv);
  const losses = new Losses(name, dataset.strict ?? false);
  const chunks: Buffer[] = [];
  const object = { write: async (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk)) };
  const { compression } = dataset;
  const compressor = compression === undefined ? undefined : new Compressor(compression, object);
  const written = await writeCsv(name, plan, losses, (chunk) => (compressor ?? object).write(chunk), dialect);
  await compressor?.finish();
  const bytes = Buffer.concat(chunks);
  const ending = `.csv${compressionEnding({ compression })}`;
  const file = join(folder, `${files++}${ending}`);
  await writeFile(file, bytes);
  const resource = resourceOfFile({
    ...written,
    dataset: name,
    bucket: 'lago',
    key: `corpus/${name}${ending}`,
    bytes: bytes.length,
    uncompressedBytes: compressor?.bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    omittedColumns: plan.omittedColumns,
    losses: losses.reasons,
    query: plan.query,
    dialect,
    options: dataset,
  });
  return { resource, file, text: unpacked(await readFile(file), compression).toString('utf8') };
}

function unpacked(bytes: Buffer, compression: Compression | undefined): Buffer {
  if (compression === undefined) return bytes;
  return compression === 'gzip' ? gunzipSync(bytes) : zstdDecompressSync(bytes);
}
