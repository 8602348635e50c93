import { jobNameSchema, limitsSchema, datasetNameSchema } from '@esclusa/contract';
import { z } from 'zod';
import { scheduleSchema } from './schedule.ts';

/** Name of a pipeline: its file's name without `.yaml`, and the last part of its URL. */
export const pipelineNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a pipeline name has lower-case letters, digits, "-" and "_"');

const destinationPrefix = z.string().regex(/^[^/\s]+(\/[^/\s]+)*$/u, 'a prefix has no "/" at its ends, no empty part and no spaces');

/** A pipeline file, but for what the job's own schema says of its datasets. */
export const pipelineFileSchema = z.strictObject({
  $schema: z.string().optional(),
  job: jobNameSchema,
  description: z.string().optional(),
  /** Values for the job's variables, where they differ from the gateway's own environment: `SOME_HOST: ${OTHER_HOST}`. */
  source: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: 'must be a text, a number or a boolean' }).transform(String))
    .default({}),
  datasets: z
    .record(
      datasetNameSchema,
      // `productos:` with nothing after it is a dataset without options.
      z.preprocess((value) => value ?? {}, z.record(z.string(), z.unknown())),
    )
    .refine((datasets) => Object.keys(datasets).length > 0, 'a pipeline has at least one dataset'),
  destination: z.strictObject({ prefix: destinationPrefix.optional() }).default({}),
  limits: limitsSchema
    .partial()
    .extend({
      /** Runs of this source that may go on at once. */
      concurrency: z.int().min(1).max(1_000).optional(),
    })
    .default({}),
  /** What becomes of a run that is asked for while another one of the pipeline has not ended. */
  overlap: z.enum(['queue', 'join', 'reject']).default('queue'),
  schedule: scheduleSchema.optional(),
});
export type PipelineFile = z.infer<typeof pipelineFileSchema>;

/** A pipeline as it was read, with the text it came from so that a problem can be shown by line. */
export interface Pipeline extends PipelineFile {
  readonly name: string;
  readonly file: string;
  /** Line of a field in the file, or of the closest field that stands there. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Something wrong with a pipeline file. */
export interface PipelineProblem {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/** `pipelines/x.yaml:3: datasets.a.colums: …` */
export function formatProblem({ file, line, field, message }: PipelineProblem): string {
  return `${file}:${line}: ${field === '' ? '' : `${field}: `}${message}`;
}
