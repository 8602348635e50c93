import { columnsOrExclude, datasetOptions, optionsOfFormat, wholeIncrements } from '@esclusa/kit';
import { z } from 'zod';

const path = z
  .string()
  .min(1)
  .refine((text) => !/^\.|\.$|\.\./.test(text), 'a path has no empty part');

/** One column: a dotted path, which is its name too, or both. */
const columnSchema = z.union([path, z.strictObject({ name: z.string().min(1), path })]);

/** One dataset of a MongoDB pipeline: a collection or view (by default the one named like the dataset). */
export const datasetSchema = z
  .strictObject({
    collection: z.string().min(1).describe("Collection or view; by default the dataset's name.").optional(),
    columns: z
      .array(columnSchema)
      .min(1)
      .describe(
        'Columns to extract, in this order: dotted paths ("paciente.dni", "productos.0.nombre"), or {name, path}. Without them: every field that any document has at its top level, but for those that look like a password or token.',
      )
      .optional(),
    filter: z.record(z.string(), z.unknown()).describe('Which documents: a filter of find, as Extended JSON.').optional(),
    sort: z
      .record(z.string(), z.union([z.literal(1), z.literal(-1)]))
      .describe('Order of the documents, as of find.')
      .optional(),
    flatten: z
      .boolean()
      .describe(
        'true, without "columns": nested documents become columns of dotted paths ("direccion.calle"), to any depth, the union over all documents; arrays stay JSON.',
      )
      .optional(),
    ...datasetOptions,
  })
  .refine(columnsOrExclude.holds, columnsOrExclude.problem)
  .refine(optionsOfFormat.holds, optionsOfFormat.problem)
  .refine(wholeIncrements.holds, wholeIncrements.problem)
  .refine(wholeIncrements.isOpen, wholeIncrements.masked)
  .refine((dataset) => dataset.columns === undefined || dataset.flatten === undefined, {
    error: '"columns" and "flatten" do not go together: a named column is a path already',
    path: ['flatten'],
  })
  // What the refinements say, for JSON Schema, which the gateway validates pipelines with.
  .meta({
    dependentSchemas: {
      flatten: { not: { required: ['columns'] } },
      ...columnsOrExclude.jsonSchema,
      ...optionsOfFormat.jsonSchema,
      ...wholeIncrements.jsonSchema,
    },
  });

/** A dataset as a pipeline writes it. */
export type Dataset = z.infer<typeof datasetSchema>;
