import { z } from 'zod';
import { instant } from './words.ts';

const status = z.enum(['healthy', 'unhealthy']).describe('`healthy` when nothing is missing.');

/** Whether runs could be accepted now. */
export const healthSchema = z
  .strictObject({
    status,
    service: z.literal('esclusa').describe('The name of this service.'),
    version: z.string().describe("The gateway's version."),
    engine: z
      .strictObject({
        name: z.string().describe('What starts containers.'),
        ok: z.boolean().describe('Whether it answers.'),
        version: z.string().optional().describe('Its version.'),
        problem: z.string().optional().describe('What is wrong, and what mends it.'),
      })
      .describe('What starts containers.'),
    s3: z
      .strictObject({
        bucket: z.string().describe('Its name.'),
        ok: z.boolean().describe('Whether it may be used.'),
        problem: z.string().optional().describe('What is wrong, and what mends it.'),
      })
      .describe('The bucket for data and ledger.'),
    pipelines: z
      .strictObject({ problems: z.array(z.string()).describe('File, line, field and what is wrong.') })
      .optional()
      .describe('Files that became invalid while the gateway runs; their last good version serves on.'),
    runs: z
      .strictObject({ running: z.int().describe('Those that have a container.'), waiting: z.int().describe('Those that wait for a place.') })
      .describe('Runs of this gateway.'),
  })
  .meta({ id: 'Health', description: 'What runs need, and whether it is there.' });
export type HealthAnswer = z.infer<typeof healthSchema>;

const age = {
  checkedAt: instant.describe('When the job was asked.'),
  ageSeconds: z.int().describe('How old the answer is: it is kept for HEALTH_CACHE_SECONDS.'),
};
const pipelineHealth = z
  .discriminatedUnion('status', [
    z.strictObject({
      status: z.literal('healthy').describe('It could run now.'),
      source: z.record(z.string(), z.unknown()).describe('What the source says of itself.'),
      ...age,
    }),
    z.strictObject({
      status: z.literal('unhealthy').describe('It could not run now.'),
      code: z.string().describe('Stable; see docs/errors.md.'),
      message: z.string().describe('What is wrong, and what mends it.'),
      checkedAt: age.checkedAt.optional(),
      ageSeconds: age.ageSeconds.optional(),
    }),
  ])
  .meta({ id: 'PipelineHealth', description: 'Whether a pipeline could run now.' });
export type PipelineHealth = z.infer<typeof pipelineHealth>;

/** Whether each pipeline's source and bucket may be used. */
export const pipelinesHealthSchema = z
  .strictObject({ status, databases: z.record(z.string(), pipelineHealth).describe('Each pipeline.') })
  .meta({ id: 'PipelinesHealth', description: 'Whether each pipeline could run now.' });
export type PipelinesHealth = z.infer<typeof pipelinesHealthSchema>;
