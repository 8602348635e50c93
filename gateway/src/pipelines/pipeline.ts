import { jobNameSchema, limitsSchema, datasetNameSchema } from '@esclusa/contract';
import { z } from 'zod';
import { pathProblem, templateProblem } from './key-template.ts';
import { scheduleSchema } from './schedule.ts';

/** Name of a pipeline: its file's name without `.yaml`, and the last part of its URL. */
export const pipelineNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a pipeline name has lower-case letters, digits, "-" and "_"');

/** A text in which `problem` finds nothing wrong. */
function textWithout(problem: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = problem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

const destinationSchema = z
  .strictObject({
    /** First part of the keys. */
    prefix: textWithout(pathProblem).optional(),
    /** Whole keys, by a template. */
    key: textWithout(templateProblem).optional(),
  })
  .refine(({ prefix, key }) => prefix === undefined || key === undefined, {
    path: ['key'],
    message: '"key" and "prefix" do not go together: a key is whole, so write the prefix at its beginning and leave "prefix" out',
  });

// `productos:` with nothing after it is a dataset without options.
const optionsSchema = z.preprocess((value) => value ?? {}, z.record(z.string(), z.unknown()));

/** A pipeline file, but for what the job's own schema says of its datasets. */
export const pipelineFileSchema = z.strictObject({
  $schema: z.string().optional(),
  job: jobNameSchema,
  description: z.string().optional(),
  /** Values for the job's variables, where they differ from the gateway's own environment: `SOME_HOST: ${OTHER_HOST}`. */
  source: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: 'must be a text, a number or a boolean' }).transform(String))
    .default({}),
  /** What every dataset gets unless it says otherwise. */
  defaults: optionsSchema.default({}),
  datasets: z.record(datasetNameSchema, optionsSchema).refine((datasets) => Object.keys(datasets).length > 0, 'a pipeline has at least one dataset'),
  destination: destinationSchema.default({}),
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

/** A pipeline as it was read, its datasets with the defaults among them, and the text it came from so that a problem can be shown by line. */
export interface Pipeline extends PipelineFile {
  readonly name: string;
  readonly file: string;
  /** Line of a field in the file, or of the closest field that stands there. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Where a field was written: a dataset's that it has by default stands among the defaults. */
  placeOf(path: readonly PropertyKey[]): readonly PropertyKey[];
}

/** Something wrong with a pipeline file. */
export interface PipelineProblem {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
  /** Set where the job's image is at fault and not the file: then the other pipelines serve all the same. */
  readonly blames?: 'job';
}

/** `pipelines/x.yaml:3: datasets.a.colums: …` */
export function formatProblem({ file, line, field, message }: PipelineProblem): string {
  return `${file}:${line}: ${field === '' ? '' : `${field}: `}${message}`;
}
