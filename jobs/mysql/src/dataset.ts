import { sqlDatasetSchema } from '@esclusa/kit';
import { z } from 'zod';

const common = sqlDatasetSchema({
  table: "Table or view; by default the dataset's name.",
  schema: 'Database that the table is in; MYSQL_DATABASE by default.',
});

/** One dataset of a MySQL pipeline. */
export const datasetSchema = common
  .safeExtend({
    lock: z
      .boolean()
      .describe(
        'true: several readers may lock the table for writers while they take their snapshots, a moment (LOCK TABLES). MySQL needs it for more than one.',
      )
      .optional(),
  })
  .meta({ ...common.meta() });
export type Dataset = z.infer<typeof datasetSchema>;
