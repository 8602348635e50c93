import { z } from 'zod';
import { RUN_STATES } from '../../runs/state.ts';
import { attempt, container, database, details, instant, logsUrl, pipelineName, runId } from './words.ts';

const file = {
  url: z.string().describe('Where the file is: `s3://bucket/key`.'),
  registros: z.int().min(0).describe('Rows, the header not counted.'),
  bytes: z.int().min(0).describe('Size of the file as it lies in S3, compressed or not.'),
  sha256: z.string().describe("SHA-256 of the file's bytes, in hexadecimal."),
};

/** How a dataset's columns differ from those of the run before. */
export const schemaChanges = z
  .strictObject({
    since: runId,
    added: z.array(z.string()).optional().describe('Columns that are new.'),
    dropped: z.array(z.string()).optional().describe('Columns that are gone.'),
    renamed: z
      .array(z.strictObject({ from: z.string().describe('The name that is gone.'), to: z.string().describe('The new one.') }))
      .optional()
      .describe('Of these, pairs that stand at one place with one type: perhaps one column under two names.'),
    retyped: z
      .array(z.strictObject({ name: z.string().describe('Its name.'), from: z.string().describe('What it was.'), to: z.string().describe('What it is.') }))
      .optional()
      .describe("Columns of another type, in the source's words."),
  })
  .meta({ id: 'SchemaChanges', description: "How the columns differ from those of the pipeline's latest run before this one; left out where they do not." });

const published = z
  .strictObject({
    ...file,
    url: z.string().describe('Where the file is: `s3://bucket/key`. Of a dataset of several files, where the first one is.'),
    sha256: file.sha256.optional().describe("SHA-256 of the file's bytes, in hexadecimal; of a dataset of several files, each of `files` has its own."),
    files: z
      .array(z.strictObject(file).meta({ id: 'PublishedFile', description: 'One of several files.' }))
      .optional()
      .describe('All files, in the order of their rows, where a dataset was split (`splitMiB`, or 294 GB); `registros` and `bytes` beside it are the sums.'),
    lossy: z.int().min(0).describe('Values whose conversion lost something; the manifest says of which columns.'),
    incremental: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Of a dataset that is read in increments, which part of it: `mode` (`full`, `increment`), `cursor`, `from`, `to`.'),
    schemaChanges: schemaChanges.optional(),
  })
  .meta({ id: 'Published', description: 'One dataset: its file, or its files.' });

const result = z.record(z.string(), published).describe('Each dataset with its file, or its files.');
const manifest = z
  .string()
  .optional()
  .describe('Where the manifest is, a Data Package that says all of what was published: `s3://bucket/key`. Runs of earlier versions do not tell it.');
const snapshot = z
  .strictObject({
    consistency: z.string().describe('`snapshot`: all datasets are of one point in time; `partial`: some are; `none`.'),
    takenAt: instant.optional().describe("When it was taken, by the source's clock."),
  })
  .meta({ id: 'Snapshot', description: 'The point in time that the datasets were read at.' });

/** Answer of a run that succeeded: the seed's words, and more beside them. */
export const successSchema = z
  .strictObject({
    status: z.literal('success').describe('That it succeeded; a failure is a problem document.'),
    database,
    result,
    manifest,
    snapshot: snapshot.optional(),
    run: runId,
    logs: logsUrl,
    container,
  })
  .meta({ id: 'Success', description: 'All files are whole and in S3.' });
export type Success = z.infer<typeof successSchema>;
const state = z
  .enum(RUN_STATES)
  .describe(
    '`queued`: it waits for a place; `starting`, `running`: it has a container; `settling`: that has ended; `retrying`: another one follows after a pause. `succeeded`, `failed` and `cancelled` are final.',
  );

const datasetProgress = z
  .strictObject({
    rows: z.int().min(0).describe('Rows so far.'),
    bytes: z.int().min(0).describe('Bytes of the file so far.'),
    total: z.number().min(0).optional().describe('Rows in all, as the source estimates; exact once it is read to its end.'),
    percent: z.number().min(0).max(100).optional().describe('Of the total.'),
  })
  .meta({ id: 'DatasetProgress', description: 'How far one dataset is.' });

/** How far a run's newest attempt is. */
export const progressSchema = z
  .strictObject({
    datasets: z.record(z.string(), datasetProgress).describe('Each dataset.'),
    rows: z.int().min(0).describe('Rows of all datasets so far.'),
    bytes: z.int().min(0).describe('Bytes of all files so far.'),
    rowsPerSecond: z.number().min(0).optional().describe('Over the last ten seconds or so.'),
    percent: z.number().min(0).max(100).optional().describe('Where every dataset has a total.'),
    etaSeconds: z.int().min(0).optional().describe('Seconds to the end, by totals and rate.'),
  })
  .meta({ id: 'Progress', description: "How far a run's newest attempt is." });

const timelineEntry = z
  .strictObject({
    at: instant.describe('When; within one run no two are alike.'),
    event: z
      .string()
      .describe(
        'What happened: `accepted`, `recorded` (its entry is in S3), `begun` (that of its attempt is), `created`, `started`, `secrets-received`, `connected`, `first-row`, `last-row`, `published` (the job says so), `ended`, `committed`, `answered`, …',
      ),
    state: z.string().describe('Where the run stood after it.'),
    attempt: z.int().min(1).optional().describe('Of which attempt.'),
  })
  .meta({ id: 'TimelineEntry', description: "Something that happened in a run's life." });

const requestedBy = z
  .strictObject({
    via: z.enum(['http', 'schedule']).describe('How it was asked for.'),
    caller: z.string().optional().describe('Who asked.'),
    address: z.string().optional().describe('Address that the request came from.'),
    userAgent: z.string().optional().describe('Its User-Agent.'),
    tick: instant.optional().describe('The tick of the schedule.'),
  })
  .meta({ id: 'Requester', description: 'Who asked for a run.' });

const eventsUrl = z.string().describe("Where the run's events are, below this gateway.");

/** One run, whole. */
export const runSchema = z
  .strictObject({
    run: runId,
    pipeline: pipelineName,
    database,
    state,
    position: z.int().min(0).optional().describe('How many wait before it.'),
    requestedBy,
    datasets: z.array(z.string()).describe('Names of the datasets that were asked for.'),
    acceptedAt: instant.describe('When it was accepted: from then on it will be ended, whatever happens to the gateway.'),
    endedAt: instant.optional().describe('When its outcome was known.'),
    attempts: z.array(attempt).describe('Attempts that have ended.'),
    timeline: z.array(timelineEntry).describe('What happened, in order; of a run that was taken up from another gateway, since then.'),
    progress: progressSchema.optional(),
    result: result.optional(),
    manifest,
    snapshot: snapshot.optional(),
    error: z
      .strictObject({ code: z.string().describe('Stable; see docs/errors.md.'), message: z.string().describe('What happened and what mends it.'), details })
      .optional()
      .describe('Why it failed.'),
    url: z.string().describe('Where this document is, below this gateway.'),
    logs: logsUrl,
    events: eventsUrl,
    container,
  })
  .meta({ id: 'Run', description: 'One execution of a pipeline.' });
export type RunAnswer = z.infer<typeof runSchema>;

/** A page of runs, newest first. */
export const runsSchema = z
  .strictObject({
    runs: z
      .array(
        z.strictObject({
          run: runId,
          pipeline: pipelineName,
          state,
          acceptedAt: instant.describe('When it was accepted.'),
          endedAt: instant.optional().describe('When its outcome was known.'),
          url: z.string().describe('Where the whole document is.'),
        }),
      )
      .describe('Newest first.'),
    next: z.string().optional().describe('Where the next page is, below this gateway; a page may be short, or empty, and still have one.'),
  })
  .meta({ id: 'Runs', description: 'A page of runs.' });
export type RunsAnswer = z.infer<typeof runsSchema>;
