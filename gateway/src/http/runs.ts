import type { Manifest } from '@esclusa/contract';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import type { EndedRun } from '../ledger/entries.ts';
import type { RunView } from '../runs/look-up.ts';
import type { Runs } from '../runs/runs.ts';
import { containerOf, logsUrl, resultOf } from './answers.ts';
import { LOGS_EXAMPLE } from './openapi/examples.ts';
import type { Route } from './route.ts';
import { type RunAnswer, runSchema } from './schemas.ts';
import { HEALTHY } from './status.ts';

/** What the routes of runs work with. */
export interface RunServices {
  readonly runs: Runs;
  /** The manifest of a run that succeeded. */
  readonly manifest: (ended: EndedRun) => Promise<Manifest>;
}

// An id becomes part of a key in S3, so nothing else may.
const runId = z.uuid();
const path = z.object({ run: z.uuid().describe('Id of the run: `run` in an answer, or its header Esclusa-Run.') });
const attempt = z.coerce.number().int().min(1);
const MISSING = ['RUN_NOT_FOUND', 'S3_UNAVAILABLE', 'S3_TOKEN_EXPIRED', 'S3_REFUSED', 'BUCKET_NOT_FOUND'] as const;

/** `/api/runs`: what became of a run. */
export function runRoutes({ runs, manifest }: RunServices): Route[] {
  return [
    {
      method: 'get',
      path: '/api/runs/{run}',
      describe: () => ({
        operationId: 'getRun',
        tags: ['runs'],
        summary: 'A run: whether it is going on, and how it ended',
        requestParams: { path },
        responses: { [HEALTHY]: { description: 'The run.', content: { 'application/json': { schema: runSchema } } } },
        problems: MISSING,
      }),
      handle: async (request, response) => {
        const view = await runs.lookUp.run(idOf(request.params['run']));
        const files = view.ended?.state === 'succeeded' ? resultOf(await manifest(view.ended)) : undefined;
        response.json(runAnswer(view, files));
      },
    },
    {
      method: 'get',
      path: '/api/runs/{run}/logs',
      describe: () => ({
        operationId: 'getRunLogs',
        tags: ['runs'],
        summary: "What a run's job said, also when its container is gone",
        description:
          'Its lines as they were, secrets masked and progress left out; of a long log the last 1 MiB. Of a run that is going on, what there is so far.',
        requestParams: {
          path,
          query: z.object({ attempt: z.int().min(1).optional().describe('Which attempt; the last one by default.') }),
        },
        responses: {
          [HEALTHY]: {
            description: 'One line of the job per line, most of them JSON.',
            content: { 'text/plain': { schema: { type: 'string' }, example: LOGS_EXAMPLE } },
          },
        },
        problems: [...MISSING, 'BODY_INVALID'],
      }),
      handle: async (request, response) => {
        const run = idOf(request.params['run']);
        const text = await runs.lookUp.log(run, attemptOf(request.query['attempt']));
        response.type('text/plain').send(text);
      },
    },
  ];
}

function runAnswer({ accepted, reports, ended }: RunView, result: RunAnswer['result'] | undefined): RunAnswer {
  const { run, pipeline, job, acceptedAt, datasets } = accepted;
  return {
    run,
    pipeline,
    database: job,
    state: ended?.state ?? 'accepted',
    datasets: Object.keys(datasets),
    acceptedAt,
    endedAt: ended?.endedAt,
    attempts: [...reports],
    result,
    error: ended?.error,
    logs: logsUrl(run),
    ...containerOf(reports),
  };
}

function idOf(text: unknown): string {
  const parsed = runId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new GatewayError('RUN_NOT_FOUND', `"${String(text)}" is no id of a run; the "run" of an answer and its header Esclusa-Run name it`);
}

function attemptOf(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const parsed = attempt.safeParse(text);
  if (parsed.success) return parsed.data;
  const message = 'must be a whole number from 1 on, or left out for the last attempt';
  throw new GatewayError('BODY_INVALID', `attempt: ${message}`, { details: { errors: [{ field: 'attempt', message }] } });
}
