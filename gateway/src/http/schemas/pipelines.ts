import { z } from 'zod';
import { database, instant, pipelineName, runId } from './words.ts';
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

/** How far incremental datasets were read. */
export const stateSchema = z
  .strictObject({
    pipeline: pipelineName,
    datasets: z
      .record(
        z.string(),
        z.strictObject({
          state: z.record(z.string(), z.unknown()).describe("In the job's own words: of a database's table `cursor` and `value`."),
          run: runId.optional().describe('The run that has left it; left out where somebody has set it.'),
          attempt: z.int().min(1).optional().describe('Its attempt.'),
          at: instant.describe('Since when.'),
        }),
      )
      .describe('Each incremental dataset that was read. One that is not here is read from the beginning.'),
    claimedBy: runId.optional().describe('The run that goes on from there right now; until it has ended nothing can be set.'),
  })
  .meta({ id: 'State', description: "How far a pipeline's incremental datasets were read." });
export type StateAnswer = z.infer<typeof stateSchema>;

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
