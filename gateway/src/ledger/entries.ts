import { datasetStateSchema, limitsSchema, listOf, recordOf, schemaChangesSchema } from '@esclusa/contract';
import { z } from 'zod';

/** Who wrote an entry: two hosts on one bucket, or two installations, leave each other's alone. */
export const ownerSchema = z.object({
  installation: z.string(),
  /** Identity of the engine's host, e.g. Docker's `info.ID`. */
  engine: z.string(),
});
export type Owner = z.infer<typeof ownerSchema>;

/** Who asked for a run, and how. */
export const requesterSchema = z.object({
  via: z.enum(['http', 'schedule']),
  /** Stands for the API key that was sent; no secret. */
  caller: z.string().optional(),
  address: z.string().optional(),
  userAgent: z.string().optional(),
  /** The tick of the schedule. */
  tick: z.iso.datetime().optional(),
});
export type Requester = z.infer<typeof requesterSchema>;

/** An accepted run. It holds what was asked and the pipeline as it stood then, so that a later edit does not change it; no secret. */
export const openRunSchema = z.object({
  version: z.literal(1),
  // It becomes part of keys and of a container's name.
  run: z.uuid(),
  owner: ownerSchema,
  pipeline: z.string(),
  job: z.string(),
  acceptedAt: z.iso.datetime(),
  requestedBy: requesterSchema,
  datasets: recordOf(z.record(z.string(), z.unknown())),
  /** Whether these are all that the pipeline has: only then its manifest may become the pipeline's latest. */
  whole: z.boolean().default(true),
  /** The pipeline's `source` as it is written, so secrets stand in it only as references. */
  source: recordOf(z.string()),
  /** Stands for job and source: runs that read the same database have the same. */
  sourceKey: z.string(),
  /** Runs of its source that may go on at once, beside this one. */
  concurrency: z.int().min(1).optional(),
  /** First part of the data's keys, without slash at its ends; of a template, what comes before its first placeholder. */
  destination: z.string(),
  /** What its keys are made by in place of the default. */
  keyTemplate: z.string().optional(),
  limits: limitsSchema,
  /** Incremental datasets are read from the beginning. */
  fullRefresh: z.boolean().optional(),
  /** Which of its containers stay after their end, to be looked into. */
  keep: z.enum(['none', 'failed', 'all']).default('none'),
});
export type OpenRun = z.infer<typeof openRunSchema>;

/** What one attempt was given. */
export const attemptSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  owner: ownerSchema,
  attempt: z.int().min(1),
  createdAt: z.iso.datetime(),
  /** First part of its keys. */
  destination: z.string(),
  /** UTC second of the keys, `YYYYMMDD_HHMMSS`. */
  stamp: z.string(),
  /** Whether the second is reserved for this run, so that its keys are the bare ones. */
  reserved: z.boolean(),
  /** Key per dataset. */
  keys: recordOf(z.string()),
  commitKey: z.string(),
  /** Whose files they are; entries of earlier versions do not say. */
  pipeline: z.string().optional(),
  /** What the runs before have left of its incremental datasets. */
  states: recordOf(datasetStateSchema).optional(),
});
export type AttemptEntry = z.infer<typeof attemptSchema>;

/** How far a pipeline's incremental datasets were read, and which attempt goes on with them at the moment. */
export const statesSchema = z.object({
  version: z.literal(1),
  pipeline: z.string(),
  datasets: recordOf(
    z.object({
      /** In the job's own words. */
      state: datasetStateSchema,
      /** Whose manifest it is of; of one that somebody has set, nobody's. */
      run: z.string().optional(),
      attempt: z.int().optional(),
      at: z.iso.datetime(),
    }),
  ),
  claim: z
    .object({
      run: z.string(),
      attempt: z.int(),
      commitKey: z.string(),
      datasets: listOf(z.string()),
      /** Whose run it is; claims of earlier versions do not say. */
      owner: ownerSchema.optional(),
    })
    .optional(),
});
export type StatesEntry = z.infer<typeof statesSchema>;

/** How one attempt went, for people. */
export const attemptReportSchema = z.object({
  attempt: z.int(),
  state: z.enum(['committed', 'aborted']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  exitStatus: z.int().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  /** What the attempt after it does, of one that was tried again, and why. */
  next: z.string().optional(),
  /** Name of its container, where that was kept. */
  container: z.string().optional(),
});
export type AttemptReport = z.infer<typeof attemptReportSchema>;

/** What came of an attempt that published nothing. Decided once, so that two gateways which saw its end differently go on alike. */
export const verdictSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  attempt: z.int(),
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  /** What the run does next. */
  next: z.enum(['retry', 'fail', 'cancel']),
  report: attemptReportSchema,
  logTail: listOf(z.string()),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** What an idempotency key or a schedule's tick stands for. It holds the whole run, so that whoever finds it can finish accepting it. */
export const claimSchema = z.object({
  version: z.literal(1),
  /** Of what was asked; another one under the same key is refused. */
  fingerprint: z.string(),
  open: openRunSchema,
});
export type Claim = z.infer<typeof claimSchema>;

/** Something that happened in a run's life; `state` is where the run stood after it. Open words: another version may know more of them. */
export const timelineEntrySchema = z.object({ at: z.iso.datetime(), event: z.string(), state: z.string(), attempt: z.int().optional() });
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

const file = {
  url: z.string(),
  rows: z.int(),
  bytes: z.int(),
  /** Lower-case hex. */
  sha256: z.string(),
};

/** One published dataset: its file, or of several the first one's URL and what all come to. */
const publishedSchema = z.object({
  ...file,
  sha256: file.sha256.optional(),
  /** In the order of their rows, where there are several. */
  files: listOf(z.object(file)).optional(),
  /** Values whose conversion lost something. Entries of earlier versions have none: nothing was counted. */
  lossy: z.int().default(0),
  /** Which part of it was read, of an incremental one; in the job's own words. */
  incremental: z.record(z.string(), z.unknown()).optional(),
  /** How its columns differ from those of the pipeline's latest run before. */
  schemaChanges: schemaChangesSchema.optional(),
});

/** An ended run. */
export const endedRunSchema = openRunSchema.extend({
  endedAt: z.iso.datetime(),
  state: z.enum(['succeeded', 'failed', 'cancelled']),
  attempts: listOf(attemptReportSchema),
  timeline: listOf(timelineEntrySchema),
  /** How far its datasets had come, as the run's document shows it. */
  progress: z.record(z.string(), z.unknown()).optional(),
  /** Each dataset with its file or files, of a run that succeeded. */
  files: recordOf(publishedSchema).optional(),
  /** The code of a failure, and its sentence. */
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).optional() }).optional(),
  /** Commit key of the attempt that counts: its manifest. */
  commitKey: z.string().optional(),
  /** The same as `s3://<bucket>/<commitKey>`. */
  manifest: z.string().optional(),
  /** SHA-256 of the manifest as it was when the run ended; lower-case hex. */
  manifestSha256: z.string().optional(),
  /** The point in time that its datasets were read at; the manifest says more of it. */
  snapshot: z.object({ consistency: z.string(), takenAt: z.iso.datetime().optional() }).optional(),
  logTail: listOf(z.string()),
});
export type EndedRun = z.infer<typeof endedRunSchema>;
