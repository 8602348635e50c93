import { z } from 'zod';

/** What every dataset may say, whatever its source; the fields of a job's own schema stand beside these. */
export const datasetOptions = {
  exclude: z.array(z.string().min(1)).min(1).describe('Columns to leave out, where no "columns" are named.').optional(),
  limit: z.int().min(1).describe('Most rows to extract; which ones is up to the source unless it is told an order.').optional(),
  strict: z
    .boolean()
    .describe('true: a value that can not be written whole ends the run (exit status 65, with its column and row) instead of being counted in the manifest.')
    .optional(),
};

/** The part of a dataset that the kit itself acts on. */
export interface DatasetOptions {
  readonly strict?: boolean | undefined;
}
