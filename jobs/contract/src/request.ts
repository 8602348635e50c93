import { z } from 'zod';
import { datasetStateSchema } from './states.ts';
import { CONTRACT_VERSION } from './version.ts';

/** What a container is asked to do: extract, look whether it could, or tell what it would extract. */
export const modeSchema = z.enum(['run', 'check', 'plan']);
export type Mode = z.infer<typeof modeSchema>;

/** A dataset's name: the key in answers and part of a file's name, so it holds no path separator and no space. */
export const datasetNameSchema = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,127}$/u, 'a dataset name has 1 to 128 letters, digits, "_", "-" or ".", and starts with no "-" or "."');

/** S3's own bound of a key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1_024;

/** S3 key of an object; no leading slash, no control characters. */
export const objectKeySchema = z
  .string()
  .min(1)
  .refine((key) => new TextEncoder().encode(key).length <= MAX_KEY_BYTES, `a key has at most ${MAX_KEY_BYTES} bytes`)
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what must be refused
  .regex(/^(?!\/)[^\u0000-\u001f\u007f]+$/u, 'a key has no leading "/" and no control characters');

/** Where an attempt writes: one key per dataset, and the key whose content decides whether the attempt counts. */
export const destinationSchema = z.strictObject({
  bucket: z.string().min(1).max(255),
  keys: z.record(datasetNameSchema, objectKeySchema),
  commitKey: objectKeySchema,
});
export type Destination = z.infer<typeof destinationSchema>;

/** The request of contract version 1: all that a job must know, and no secret. */
export const requestSchema = z
  .strictObject({
    version: z.literal(CONTRACT_VERSION),
    mode: modeSchema,
    run: z.string().min(1).max(128),
    attempt: z.int().min(1),
    pipeline: z.string().min(1).max(128),
    /** Per dataset what the job's own JSON Schema (job.json `datasets`) allows. */
    datasets: z.record(datasetNameSchema, z.record(z.string(), z.unknown())),
    destination: destinationSchema,
    /** Seconds that the job may take, counted from its start. */
    timeAllowedSeconds: z.number().positive(),
    /** Seconds that the source may have to keep the snapshot; a job that reads for longer gives up (`SNAPSHOT_TOO_OLD`). */
    maxSnapshotAgeSeconds: z.number().positive().optional(),
    /** What the runs before have left of incremental datasets; one without is read from the beginning. */
    states: z.record(datasetNameSchema, datasetStateSchema).optional(),
    /** Key of the manifest that the pipeline's newest run before this one has left, if there is one: what columns are compared with. */
    previous: objectKeySchema.optional(),
    /** What the job runs from, for the manifest: the image's digest, where the engine knows one. */
    image: z.string().min(1).optional(),
  })
  .superRefine((request, context) => {
    for (const name of Object.keys(request.datasets)) {
      if (!Object.hasOwn(request.destination.keys, name)) {
        context.addIssue({ code: 'custom', path: ['destination', 'keys', name], message: `dataset "${name}" has no key` });
      }
    }
  });
export type JobRequest = z.infer<typeof requestSchema>;
