import { z } from 'zod';
import { MAX_READERS } from '../ranges/readers.ts';
import { columnsOrExclude, datasetOptions, optionsOfFormat } from './dataset-options.ts';
import { wholeIncrements } from './incremental.ts';

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
        where: z.string().min(1).describe('Which rows of the table: a condition of SQL, as behind WHERE. A query has its own.').optional(),
        readers: z
          .int()
          .min(1)
          .max(MAX_READERS)
          .describe('Connections that read a table at once, from the same snapshot; the file is that of one. By default two for a large table, else one.')
          .optional(),
        ...datasetOptions,
      })
      .refine((dataset) => dataset.query === undefined || (dataset.table ?? dataset.schema ?? dataset.where) === undefined, {
        error: '"query" stands alone: it goes with none of "table", "schema" and "where"',
        path: ['query'],
      })
      .refine(columnsOrExclude.holds, columnsOrExclude.problem)
      .refine(optionsOfFormat.holds, optionsOfFormat.problem)
      .refine(wholeIncrements.holds, wholeIncrements.problem)
      .refine(wholeIncrements.isOpen, wholeIncrements.masked)
      // What the refinements say, for JSON Schema, which the gateway validates pipelines with.
      .meta({
        dependentSchemas: {
          query: { not: { anyOf: [{ required: ['table'] }, { required: ['schema'] }, { required: ['where'] }] } },
          ...columnsOrExclude.jsonSchema,
          ...optionsOfFormat.jsonSchema,
          ...wholeIncrements.jsonSchema,
        },
      })
  );
}

/** A dataset as a pipeline writes it. */
export type SqlDataset = z.infer<ReturnType<typeof sqlDatasetSchema>>;

/**
 * What follows the select list and the source of rows: the condition in brackets, on lines of its own so that no comment of it swallows what follows.
 * `random` is the source's function for a number from 0 to 1, below 1; `more` a further condition.
 */
export function restOfSelect({ where, sample, limit }: Pick<SqlDataset, 'where' | 'sample' | 'limit'>, random: string, more?: string): string {
  const conditions = [
    ...(where === undefined ? [] : [`(\n${where}\n)`]),
    ...(more === undefined ? [] : [`(${more})`]),
    ...(sample === undefined ? [] : [`${random} < ${sample / 100}`]),
  ];
  return `${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}${limit === undefined ? '' : ` limit ${limit}`}`;
}

/** Whether a query may be sent as it is written: all of its columns and rows are wanted. */
export function isWholeQuery({ columns, sample, limit, incremental }: SqlDataset, chosen: number, available: number): boolean {
  return chosen === available && columns === undefined && sample === undefined && limit === undefined && incremental === undefined;
}
