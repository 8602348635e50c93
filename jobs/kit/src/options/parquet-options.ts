import { z } from 'zod';

/** Encoded values that a job holds in memory before they become a row group; what decides a job's peak (docs/bench.md). */
export const DEFAULT_ROW_GROUP_MIB = 8;

/** How a dataset's Parquet is written, where not by default. */
export const parquetOptions = z
  .strictObject({
    rowGroupMiB: z
      .int()
      .min(1)
      .max(1_024)
      .describe(
        `Size of a row group before it is compressed, about; a job holds one in memory, so a larger one asks for a larger limits.memoryMiB. ${DEFAULT_ROW_GROUP_MIB} by default.`,
      )
      .optional(),
    text: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        'Columns that are text, as in a CSV, whatever their type. For those with values that no type of Parquet has room for, like infinity of a timestamp or 0000-00-00: else such a value is NULL and counted as lossy.',
      )
      .optional(),
    redshiftManifest: z
      .boolean()
      .describe(
        "true: beside the files lies a manifest of Redshift, <key>.part-list.json, by which a COPY loads exactly these; the dataset's load line has it.",
      )
      .optional(),
  })
  .describe('How the file is written, for the format parquet.')
  .optional();
