import type { Compression } from '@esclusa/contract';
import type { Dialect } from './csv/rules.ts';
import type { FileOutput } from './file-output.ts';
import type { PlannedDataset } from './job.ts';
import type { Losses } from './losses.ts';
import type { WrittenColumn } from './manifest/field.ts';
import { dialectOf } from './options/csv-options.ts';
import type { DatasetOptions } from './options/dataset-options.ts';
import { DEFAULT_ROW_GROUP_MIB } from './options/parquet-options.ts';
import type { ParquetCodec } from './parquet/messages.ts';
import { MAX_SPLIT_MIB } from './sink/part-size.ts';
import { writeCsv } from './write-csv.ts';

const MIB = 1024 * 1024;
const DEFAULT_CODEC: ParquetCodec = 'snappy';

/** What files are, for those who read them. */
export type FileFormat =
  | {
      readonly format: 'csv';
      readonly dialect: Dialect;
      readonly compression?: Compression | undefined;
      /** Bytes of the longest record. */
      readonly longestRecord: number;
      /** Of each file, its byte order mark among them. */
      readonly headerBytes: number;
    }
  | { readonly format: 'parquet'; readonly codec: ParquetCodec; readonly rowGroupMiB: number };

/** What the files of a dataset hold that were written. */
export interface WrittenRows {
  readonly rows: number;
  readonly columns: readonly WrittenColumn[];
  readonly as: FileFormat;
}

/** Bytes at which a file of the dataset ends. */
export function splitBytes({ splitMiB = MAX_SPLIT_MIB }: DatasetOptions): number {
  return splitMiB * MIB;
}

/** What compresses the bytes of a dataset's file, from without. */
export function fileCompression({ format, compression }: DatasetOptions): Compression | undefined {
  return format === 'parquet' ? undefined : compression;
}

/** Reads a dataset to its end and writes it in the format that it asks for. */
export async function writeDataset(
  dataset: string,
  plan: PlannedDataset,
  losses: Losses,
  output: FileOutput,
  options: DatasetOptions,
  version: string,
): Promise<WrittenRows> {
  const { format = 'csv', compression } = options;
  if (format === 'csv') {
    const dialect = dialectOf(options.csv);
    const { rows, columns, ...sizes } = await writeCsv(dataset, plan, losses, output, dialect);
    return { rows, columns, as: { format, dialect, compression, ...sizes } };
  }
  // Loaded by those who use it: it is larger than all the rest of a job.
  const { writeParquet } = await import('./parquet/write-parquet.ts');
  const { rowGroupMiB = DEFAULT_ROW_GROUP_MIB, text } = options.parquet ?? {};
  const codec = compression ?? DEFAULT_CODEC;
  // A file ends between row groups, so they are no larger than it is to be.
  const rowGroupBytes = Math.min(rowGroupMiB * MIB, splitBytes(options));
  const written = await writeParquet(dataset, plan, losses, output, { codec, rowGroupBytes, text, createdBy: `Esclusa ${version} (parquet-wasm)` });
  return { ...written, as: { format, codec, rowGroupMiB: rowGroupBytes / MIB } };
}
