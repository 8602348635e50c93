import { type SqlDataset, sqlDatasetSchema } from '@esclusa/kit';

/** One dataset of a PostgreSQL pipeline. */
export const datasetSchema = sqlDatasetSchema({
  table: 'Table or view; by default the dataset\'s name. Found by the search path unless "schema" says where it is.',
  schema: 'Schema of the table.',
});
export type Dataset = SqlDataset;
