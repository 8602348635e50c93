import { z } from 'zod';

/** How one dataset of an SQL database is written in a pipeline: a table or view (by default the one named like the dataset), or a query. */
export function sqlDatasetSchema(descriptions: { readonly table: string; readonly schema: string }) {
  return (
    z
      .strictObject({
        table: z.string().min(1).describe(descriptions.table).optional(),
        schema: z.string().min(1).describe(descriptions.schema).optional(),
        query: z.string().min(1).describe('One SELECT, WITH or VALUES statement, instead of a table; it runs in a read-only transaction.').optional(),
        columns: z
          .array(z.string().min(1))
          .min(1)
          .describe('Columns to extract, in this order. One that looks like a password or token is extracted only when named here.')
          .optional(),
      })
      .refine((dataset) => dataset.query === undefined || (dataset.table ?? dataset.schema) === undefined, {
        error: '"query" stands alone: it goes with neither "table" nor "schema"',
        path: ['query'],
      })
      // What the refinement says, for JSON Schema, which the gateway validates pipelines with.
      .meta({ dependentSchemas: { query: { not: { anyOf: [{ required: ['table'] }, { required: ['schema'] }] } } } })
  );
}

/** A dataset as a pipeline writes it. */
export type SqlDataset = z.infer<ReturnType<typeof sqlDatasetSchema>>;
