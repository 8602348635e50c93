import { z } from 'zod';
import { modeSchema } from './request.ts';
import { CONTRACT_VERSION } from './version.ts';

/** Image label that holds the minified job.json. */
export const JOB_LABEL = 'esclusa.job';

/** Name of a job: folder, image and `database` in answers. */
export const jobNameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a job name has lower-case letters, digits and "-"');

/** An environment variable that a job wants. */
export const jobVariableSchema = z.strictObject({
  name: z
    .string()
    .max(128)
    .regex(/^[A-Z_][A-Z0-9_]*$/),
  description: z.string().max(4_000),
  /** Secret values travel in the secrets line, never in the container's environment. */
  secret: z.boolean().default(false),
  required: z.boolean().default(false),
});
export type JobVariable = z.infer<typeof jobVariableSchema>;

/** Bounds of one container. */
export const limitsSchema = z.strictObject({
  memoryMiB: z.int().min(16).max(1_048_576),
  cpus: z.number().positive().max(1024),
  pids: z.int().min(4).max(1_000_000),
  /** Scratch space at /tmp, in memory. */
  scratchMiB: z.int().min(1).max(1_048_576),
  timeAllowedSeconds: z.number().positive().max(604_800),
  /** How long the source may have to keep the snapshot that the job reads from; as long as the job may take unless it is set. */
  maxSnapshotAgeSeconds: z.number().positive().max(604_800).optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

/** job.json: what a job says of itself, in its folder and as the image label {@link JOB_LABEL}. */
export const jobJsonSchema = z.strictObject({
  $schema: z.string().optional(),
  name: jobNameSchema,
  description: z.string().min(1).max(4_000),
  contract: z.literal(CONTRACT_VERSION),
  modes: z.array(modeSchema).min(1).max(10),
  environment: z
    .array(jobVariableSchema)
    .max(200)
    .refine((variables) => new Set(variables.map(({ name }) => name)).size === variables.length, 'a variable stands there once'),
  /** JSON Schema (2020-12) of one dataset in a pipeline. */
  datasets: z.record(z.string(), z.unknown()),
  limits: limitsSchema,
  /** Command for the `process` engine, run in the job's folder. */
  process: z.strictObject({ command: z.array(z.string()).min(1).max(100) }).optional(),
});
export type JobJson = z.infer<typeof jobJsonSchema>;
