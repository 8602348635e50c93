import { COMPRESSIONS, type Compression, FORMATS, type Format, SCHEMA_POLICIES, type SchemaPolicy } from '@esclusa/contract';
import { z } from 'zod';
import { MASKS, type MaskKind } from '../masks/mask.ts';
import { MAX_SPLIT_MIB } from '../sink/part-size.ts';
import { incrementalOptions, type Incremental } from './incremental.ts';
import { csvOptions } from './csv-options.ts';
import { parquetOptions } from './parquet-options.ts';

/** What every dataset may say, whatever its source; the fields of a job's own schema stand beside these. */
export const datasetOptions = {
  exclude: z.array(z.string().min(1)).min(1).describe('Columns to leave out, where no "columns" are named.').optional(),
  limit: z.int().min(1).describe('Most rows to extract; which ones is up to the source unless it is told an order.').optional(),
  sample: z.number().positive().max(100).describe('Percent of the rows, drawn at random: 1 is about one row in a hundred. Before "limit".').optional(),
  strict: z
    .boolean()
    .describe('true: a value that can not be written whole ends the run (exit status 65, with its column and row) instead of being counted in the manifest.')
    .optional(),
  incremental: incrementalOptions,
  schemaChanges: z
    .enum(SCHEMA_POLICIES)
    .describe(
      "What becomes of a run whose columns are not those of the pipeline's latest: allow (default) tells it, additive lets new columns through alone, fail none; then nothing is published.",
    )
    .optional(),
  mask: z
    .record(z.string().min(1), z.enum(MASKS))
    .describe('Columns whose values are hidden: hash (SHA-256), hmac (the same with MASK_SECRET), redact, or partial (the last characters). NULL stays NULL.')
    .optional(),
  format: z.enum(FORMATS).describe('What the file is: csv (default) or parquet, whose key ends with .parquet.').optional(),
  csv: csvOptions,
  parquet: parquetOptions,
  compression: z
    .enum(COMPRESSIONS)
    .describe(
      'A CSV is compressed, and its key ends with .gz or .zst; bytes and hash are those of the compressed file. Of Parquet the pages are, in place of by Snappy.',
    )
    .optional(),
  splitMiB: z
    .int()
    .min(1)
    .max(MAX_SPLIT_MIB)
    .describe(
      `Size at which a file ends, with its record (of Parquet: its row group), and another one begins, with a header of its own; of compressed files the compressed size. By default ${MAX_SPLIT_MIB}, about all that an object takes.`,
    )
    .optional(),
};

/** That columns are named or left out, not both: as a check of zod, what it says, and the same for JSON Schema (a member of `dependentSchemas`). */
export const columnsOrExclude = {
  holds: (dataset: { readonly columns?: unknown; readonly exclude?: unknown }): boolean => dataset.columns === undefined || dataset.exclude === undefined,
  problem: { error: '"columns" and "exclude" do not go together: name the columns, or those to leave out', path: ['exclude'] },
  jsonSchema: { exclude: { not: { required: ['columns'] } } },
};

/** That options are those of the dataset's format: as a check of zod, what it says, and the same for JSON Schema (members of `dependentSchemas`). */
export const optionsOfFormat = {
  holds: (dataset: { readonly format?: unknown; readonly csv?: unknown; readonly parquet?: unknown }): boolean =>
    dataset.format === 'parquet' ? dataset.csv === undefined : dataset.parquet === undefined,
  problem: { error: '"csv" goes with the format csv, and "parquet" with the format parquet', path: ['format'] },
  jsonSchema: {
    csv: { not: { required: ['format'], properties: { format: { const: 'parquet' } } } },
    parquet: { required: ['format'], properties: { format: { const: 'parquet' } } },
  },
};

/** The part of a dataset that the kit itself acts on. */
export interface DatasetOptions {
  readonly limit?: number | undefined;
  readonly sample?: number | undefined;
  readonly strict?: boolean | undefined;
  readonly incremental?: Incremental | undefined;
  readonly schemaChanges?: SchemaPolicy | undefined;
  readonly mask?: Readonly<Record<string, MaskKind>> | undefined;
  readonly format?: Format | undefined;
  readonly csv?: z.infer<typeof csvOptions>;
  readonly parquet?: z.infer<typeof parquetOptions>;
  readonly compression?: Compression | undefined;
  readonly splitMiB?: number | undefined;
}
