import { z } from 'zod';
import { RUN_STATES } from '../runs/state.ts';

/*
 * What the gateway answers with. Routes type their answers by these, and the OpenAPI document is made of them.
 * Strict: a member that is not described here is a mistake, which the tests find.
 */

const runId = z.uuid().describe('Id of the run (UUIDv7: sorts by time).');
const instant = z.iso.datetime();
const database = z.string().describe("The job's name: which kind of database it reads.");
const logsUrl = z.string().describe("Where the log of the run's job is, below this gateway.");
const container = z.string().optional().describe('Name of the container, if it is kept: for `docker logs`, `docker inspect`, `docker cp`.');
const pipelineName = z.string().describe("Name of the pipeline: its file's name without `.yaml`.");

const published = z
  .strictObject({
    url: z.string().describe('Where the file is: `s3://bucket/key`.'),
    registros: z.int().min(0).describe('Rows, the header not counted.'),
    bytes: z.int().min(0).describe('Size of the file.'),
    sha256: z.string().describe("SHA-256 of the file's bytes, in hexadecimal."),
  })
  .meta({ id: 'Published', description: 'One file.' });

const result = z.record(z.string(), published).describe('Each dataset with its file.');

/** Answer of a run that succeeded: the seed's words, and more beside them. */
export const successSchema = z
  .strictObject({
    status: z.literal('success').describe('That it succeeded; a failure is a problem document.'),
    database,
    result,
    run: runId,
    logs: logsUrl,
    container,
  })
  .meta({ id: 'Success', description: 'All files are whole and in S3.' });
export type Success = z.infer<typeof successSchema>;

const attempt = z
  .strictObject({
    attempt: z.int().min(1).describe('1 for the first; each retry is one more.'),
    state: z.enum(['committed', 'aborted']).describe('Whether its files count. What an aborted attempt had written is swept.'),
    startedAt: instant.describe('When the gateway began it.'),
    endedAt: instant.describe('When its outcome was settled.'),
    exitStatus: z.int().optional().describe("The container's exit status, if it could be read."),
    code: z.string().optional().describe('Why it failed.'),
    message: z.string().optional().describe('The same as a sentence.'),
    container,
  })
  .meta({ id: 'Attempt', description: 'One container of a run.' });

const details = z.record(z.string(), z.unknown()).optional().describe('More of the failure, as the job knows it.');

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
      .describe('What happened: `accepted`, `created`, `started`, `secrets-received`, `first-row`, `last-row`, `ended`, `committed`, `answered`, …'),
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

const column = z.strictObject({ name: z.string().describe('Its name.'), type: z.string().describe('Its type, as the source has it.') });

/** What a pipeline would extract. */
export const planSchema = z
  .strictObject({
    status: z.literal('success').describe('That it could be told.'),
    database,
    pipeline: pipelineName,
    source: z.record(z.string(), z.unknown()).describe('What the source says of itself.'),
    datasets: z
      .record(
        z.string(),
        z.strictObject({
          columns: z.array(column).describe('What would stand in the file.'),
          omittedColumns: z.array(z.string()).describe('Columns left out because their name says password or token.'),
          estimatedRows: z.int().min(0).optional().describe('As the source estimates.'),
          estimatedBytes: z.int().min(0).optional().describe('As the source estimates.'),
        }),
      )
      .describe('Each dataset.'),
  })
  .meta({ id: 'Plan', description: 'What a pipeline would extract; nothing was.' });
export type PlanAnswer = z.infer<typeof planSchema>;

const fieldProblem = z.strictObject({
  field: z.string().describe('The field; empty for the whole body.'),
  message: z.string().describe('What is wrong with it.'),
});
const fileProblem = z.strictObject({
  file: z.string().describe('The file.'),
  line: z.int().describe('The line in it.'),
  field: z.string().describe('The field on that line.'),
  message: z.string().describe('What is wrong with it.'),
});

/** A problem document (RFC 9457). */
export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank').describe('As RFC 9457 has it where the code says all.'),
    title: z.string().describe('The code in words.'),
    status: z.int().min(400).max(599).describe('The HTTP status once more.'),
    detail: z.string().describe('What happened and what mends it.'),
    code: z.string().describe('Stable; each is explained in docs/errors.md.'),
    run: z.string().optional().describe('Id of the run, where there is one.'),
    pipeline: pipelineName.optional(),
    database: database.optional(),
    details,
    attempts: z.array(attempt).optional().describe("The run's attempts, each with why it failed."),
    log: z.array(z.string()).optional().describe("Last lines of the job's log, secrets masked."),
    logs: logsUrl.optional(),
    container,
    errors: z.array(fieldProblem).optional().describe('Fields of the request that are wrong.'),
    field: z.string().optional().describe('The field of the request that is wrong.'),
    pipelines: z.array(z.string()).optional().describe('The pipelines that there are.'),
    datasets: z.array(z.string()).optional().describe('The datasets that the pipeline has.'),
    variables: z.array(z.string()).optional().describe("Variables of the gateway's environment that are not set."),
    problems: z.array(fileProblem).optional().describe("What is wrong with the pipeline's file."),
  })
  .meta({ id: 'Problem', description: 'Why a request failed (RFC 9457).' });
export type ProblemDocument = z.infer<typeof problemSchema>;

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

/** The pipelines. */
export const pipelinesSchema = z
  .strictObject({
    pipelines: z
      .array(
        z.strictObject({
          name: pipelineName,
          database,
          description: z.string().optional().describe('What its file says of it.'),
          datasets: z.array(z.string()).describe('Names of its datasets: each becomes a file.'),
          url: z.string().describe('POST there to run it.'),
        }),
      )
      .describe('By name.'),
  })
  .meta({ id: 'Pipelines', description: 'The pipelines.' });
export type PipelinesAnswer = z.infer<typeof pipelinesSchema>;
