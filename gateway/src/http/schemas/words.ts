import { z } from 'zod';

/** Id of a run. */
export const runId = z.uuid().describe('Id of the run (UUIDv7: sorts by time).');
/** An instant. */
export const instant = z.iso.datetime();
/** Name of a job. */
export const database = z.string().describe("The job's name: which kind of database it reads.");
/** Where a log is. */
export const logsUrl = z.string().describe("Where the log of the run's job is, below this gateway.");
/** Name of a container. */
export const container = z.string().optional().describe('Name of the container, if it is kept: for `docker logs`, `docker inspect`, `docker cp`.');
/** Name of a pipeline. */
export const pipelineName = z.string().describe("Name of the pipeline: its file's name without `.yaml`.");
/** More of a failure. */
export const details = z.record(z.string(), z.unknown()).optional().describe('More of the failure, as the job knows it.');

/** One container of a run. */
export const attempt = z
  .strictObject({
    attempt: z.int().min(1).describe('1 for the first; each retry is one more.'),
    state: z.enum(['committed', 'aborted']).describe('Whether its files count. What an aborted attempt had written is swept.'),
    startedAt: instant.describe('When the gateway began it.'),
    endedAt: instant.describe('When its outcome was settled.'),
    exitStatus: z.int().optional().describe("The container's exit status, if it could be read."),
    code: z.string().optional().describe('Why it failed.'),
    message: z.string().optional().describe('The same as a sentence.'),
    next: z.string().optional().describe('Of one that was tried again: what the next attempt does with what this one had read, and why.'),
    container,
  })
  .meta({ id: 'Attempt', description: 'One container of a run.' });
