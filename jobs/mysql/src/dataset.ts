import { type SqlDataset, sqlDatasetSchema } from '@esclusa/kit';

/** One dataset of a MySQL pipeline. */
export const datasetSchema = sqlDatasetSchema({
  table: "Table or view; by default the dataset's name.",
  schema: 'Database that the table is in; MYSQL_DATABASE by default.',
});
export type Dataset = SqlDataset;
