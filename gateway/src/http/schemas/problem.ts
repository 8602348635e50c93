import { z } from 'zod';
import { attempt, container, database, details, logsUrl, pipelineName } from './words.ts';

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
