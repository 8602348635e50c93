import { limitsSchema } from '@esclusa/contract';
import { z } from 'zod';

/** Who wrote an entry: two hosts on one bucket, or two installations, leave each other's alone. */
export const ownerSchema = z.object({
  installation: z.string(),
  /** Identity of the engine's host, e.g. Docker's `info.ID`. */
  engine: z.string(),
});
export type Owner = z.infer<typeof ownerSchema>;

/** An accepted run. It holds what was asked and the pipeline as it stood then, so that a later edit does not change it; no secret. */
export const openRunSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  owner: ownerSchema,
  pipeline: z.string(),
  job: z.string(),
  acceptedAt: z.iso.datetime(),
  datasets: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** The pipeline's `source` as it is written, so secrets stand in it only as references. */
  source: z.record(z.string(), z.string()),
  /** First part of the data's keys, without slash at its ends. */
  destination: z.string(),
  limits: limitsSchema,
  /** Which of its containers stay after their end, to be looked into. */
  keep: z.enum(['none', 'failed', 'all']).default('none'),
});
export type OpenRun = z.infer<typeof openRunSchema>;

/** What one attempt was given. */
export const attemptSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  attempt: z.int().min(1),
  createdAt: z.iso.datetime(),
  /** UTC second of the keys, `YYYYMMDD_HHMMSS`. */
  stamp: z.string(),
  /** Key per dataset. */
  keys: z.record(z.string(), z.string()),
  commitKey: z.string(),
});
export type AttemptEntry = z.infer<typeof attemptSchema>;

/** How one attempt went, for people. */
export const attemptReportSchema = z.object({
  attempt: z.int(),
  state: z.enum(['committed', 'aborted']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  exitStatus: z.int().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  /** Name of its container, where that was kept. */
  container: z.string().optional(),
});
export type AttemptReport = z.infer<typeof attemptReportSchema>;

/** An ended run. */
export const endedRunSchema = openRunSchema.extend({
  endedAt: z.iso.datetime(),
  state: z.enum(['succeeded', 'failed']),
  attempts: z.array(attemptReportSchema),
  /** The code of a failure, and its sentence. */
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).optional() }).optional(),
  /** Commit key of the attempt that counts. */
  commitKey: z.string().optional(),
  logTail: z.array(z.string()),
});
export type EndedRun = z.infer<typeof endedRunSchema>;
