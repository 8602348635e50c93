import { z } from 'zod';
import { instant } from './words.ts';

const status = z.enum(['healthy', 'unhealthy']).describe('`healthy` when nothing is missing.');

const checkedAt = instant.optional().describe('When it was asked; left out where it has not answered yet.');
const details = {
  service: z.literal('esclusa').describe('The name of this service.'),
  version: z.string().describe("The gateway's version."),
  engine: z
    .strictObject({
      name: z.string().describe('What starts containers.'),
      ok: z.boolean().describe('Whether it answers.'),
      version: z.string().optional().describe('Its version.'),
      problem: z.string().optional().describe('What is wrong, and what mends it.'),
      checkedAt,
    })
    .describe('What starts containers.'),
  s3: z
    .strictObject({
      bucket: z.string().describe('Its name.'),
      ok: z.boolean().describe('Whether it may be used.'),
      problem: z.string().optional().describe('What is wrong, and what mends it.'),
      checkedAt,
    })
    .describe('The bucket for data and ledger.'),
  runs: z
    .strictObject({ running: z.int().describe('Those that have a container.'), waiting: z.int().describe('Those that wait for a place.') })
    .describe('Runs of this gateway.'),
};
const pipelines = z
  .strictObject({ problems: z.array(z.string()).describe('File, line, field and what is wrong.') })
  .describe('Files that became invalid while the gateway runs; their last good version serves on.');

const allSchema = z
  .strictObject({ status, ...details, pipelines: pipelines.optional() })
  .meta({ id: 'Health', description: 'What runs need, and whether it is there.' });
const wordSchema = z
  .strictObject({ status, service: details.service })
  .meta({ id: 'HealthWord', description: 'For callers without the API key, where one is set.' });

/** Answer that tells if runs could be accepted now; unknown callers get the status alone, in one word. */
export const healthSchema = z.union([allSchema, wordSchema]);
export type HealthAnswer = z.infer<typeof allSchema>;
export type HealthWord = z.infer<typeof wordSchema>;
/** All but the word itself. */
export type HealthDetails = Omit<HealthAnswer, 'status'>;

/** Answer that tells if runs could be accepted now, with all known details. */
export const readySchema = z
  .strictObject({
    status: z.enum(['ready', 'unready']).describe('`ready` when runs are accepted.'),
    ...details,
    pipelines,
    warnings: z.array(z.string()).describe('What whoever runs this gateway should know: it works, but not as it should be run.'),
    problems: z
      .array(z.strictObject({ what: z.string().describe('What was found, and what mends it.'), since: instant.describe('Since when.') }))
      .describe('What was found wrong and is not acted on, such as an entry of the ledger that the gateway has not written.'),
  })
  .meta({ id: 'Ready', description: 'Whether runs could be accepted, and everything that should be known.' });
export type ReadyAnswer = z.infer<typeof readySchema>;

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
