import { z } from 'zod';
import { database, pipelineName } from './words.ts';
import { schemaChanges } from './runs.ts';

/** Open, since a job may say more of its columns than we know. */
const column = z.looseObject({
  name: z.string().describe('Its name.'),
  type: z.string().describe('Its type in the manifest: one of Table Schema.'),
  format: z.string().optional().describe('What of that type.'),
  sourceType: z.string().optional().describe('Its type as the source has it.'),
});

/** What a pipeline would extract. */
export const planSchema = z
  .strictObject({
    status: z.literal('success').describe('That it could be told.'),
    database,
    pipeline: pipelineName,
    source: z.record(z.string(), z.unknown()).describe('What the source says of itself.'),
    datasets: z
      .record(
        z.string(),
        z.strictObject({
          columns: z.array(column).describe('What would stand in the file.'),
          omittedColumns: z.array(z.string()).describe('Columns left out because their name says password or token.'),
          estimatedRows: z.int().min(0).optional().describe('As the source estimates.'),
          estimatedBytes: z.int().min(0).optional().describe('As the source estimates.'),
          schemaChanges: schemaChanges.optional(),
        }),
      )
      .describe('Each dataset.'),
  })
  .meta({ id: 'Plan', description: 'What a pipeline would extract; nothing was.' });
export type PlanAnswer = z.infer<typeof planSchema>;

/** The pipelines. */
export const pipelinesSchema = z
  .strictObject({
    pipelines: z
      .array(
        z.strictObject({
          name: pipelineName,
          database,
          description: z.string().optional().describe('What its file says of it.'),
          datasets: z.array(z.string()).describe('Names of its datasets: each becomes a file.'),
          url: z.string().describe('POST there to run it.'),
        }),
      )
      .describe('By name.'),
  })
  .meta({ id: 'Pipelines', description: 'The pipelines.' });
export type PipelinesAnswer = z.infer<typeof pipelinesSchema>;
