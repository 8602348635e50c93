import { z } from 'zod';
import { columnSchema } from './commit.ts';
import { listOf, recordOf } from './lists.ts';
import { schemaChangesSchema } from './schema-changes.ts';

const count = z.int().min(0);

/** What a finished `run` says of one dataset, by its first file; all of them and the proof stand in the manifest under the commit key. */
const publishedSchema = z.object({ url: z.string(), rows: count, bytes: count });

/** What `check` and `plan` say of one dataset. */
const describedSchema = z.object({
  columns: listOf(columnSchema),
  omittedColumns: listOf(z.string()),
  estimatedRows: count.optional(),
  estimatedBytes: count.optional(),
  /** How its columns differ from those of the pipeline's latest manifest, where the source can tell beforehand. */
  schemaChanges: schemaChangesSchema.optional(),
});

/** Last line of a job that succeeded. */
export const resultSchema = z.discriminatedUnion('mode', [
  z.object({ type: z.literal('result'), mode: z.literal('run'), commitKey: z.string(), datasets: recordOf(publishedSchema) }),
  z.object({
    type: z.literal('result'),
    mode: z.enum(['check', 'plan']),
    source: z.record(z.string(), z.unknown()),
    datasets: recordOf(describedSchema),
  }),
]);
export type JobResult = z.infer<typeof resultSchema>;

/** Last line of a job that failed. `code` is left open here so that a job in another language may know more than this reader. */
export const errorSchema = z.object({
  type: z.literal('error'),
  code: z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/),
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type JobErrorLine = z.infer<typeof errorSchema>;

/** How far a dataset is; at most twice a second, on stderr. */
export const progressSchema = z.object({
  type: z.literal('progress'),
  dataset: z.string(),
  rows: count,
  bytes: count,
  /** Estimated rows in all, when the source can tell. */
  total: count.optional(),
  /** Highest memory use of the job's cgroup so far, in bytes, when the job can read it. */
  memoryPeakBytes: count.optional(),
});
export type JobProgress = z.infer<typeof progressSchema>;

/** The event that a job may log once it is connected to its source. */
export const CONNECTED = 'connected';

/** The event that a job may log once every dataset is read to its end, before it publishes. */
export const DATASETS_READ = 'datasets-read';

/** A log line, on stderr. */
export const logSchema = z.looseObject({
  type: z.literal('log'),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  event: z.string().optional(),
});
export type JobLog = z.infer<typeof logSchema>;

/** The line that decides, as the gateway takes it from stdout: the last valid one. */
export const finalSchema = z.union([resultSchema, errorSchema]);
export type JobFinal = z.infer<typeof finalSchema>;

/** Anything that a job may write as a line. */
export const messageSchema = z.union([resultSchema, errorSchema, progressSchema, logSchema]);
export type JobMessage = z.infer<typeof messageSchema>;

/** Reads one line of a job's output; undefined when it is no message of the contract. */
export function parseMessage(line: string): JobMessage | undefined {
  if (!line.startsWith('{')) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  return messageSchema.safeParse(json).data;
}
