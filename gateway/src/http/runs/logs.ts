import type { Request, Response } from 'express';
import { z } from 'zod';
import type { RunNews } from '../../runs/handle.ts';
import { isFinal } from '../../runs/state.ts';
import { parseQuery } from '../body.ts';
import { LOGS_EXAMPLE } from '../openapi/examples.ts';
import type { Route } from '../route.ts';
import { HEALTHY } from '../status.ts';
import { openStream } from '../stream.ts';
import type { RunServices } from './routes.ts';
import { LOOK_UP_CODES, readRunId, runPath } from './run-id.ts';

const NDJSON = 'application/x-ndjson';
const WHICH = 'must be a whole number from 1 on, or left out for the last attempt';
const querySchema = z.strictObject({
  attempt: z.coerce.number(WHICH).int(WHICH).min(1, WHICH).optional().describe('Which attempt; the last one by default.'),
  follow: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .describe('`true`: goes on with what the job says from now on, of later attempts too, until the run ends.'),
});

/** `GET /api/runs/{run}/logs`. */
export function readLogs({ runs, lookUp }: RunServices): Route {
  return {
    method: 'get',
    path: '/api/runs/{run}/logs',
    describe: () => ({
      operationId: 'getRunLogs',
      tags: ['runs'],
      summary: "What a run's job said, also when its container is gone",
      description:
        'Its lines as they were, secrets masked and progress left out; of a long log the last 1 MiB. Of a run that is going on, what there is so far. With `Accept: application/x-ndjson` every line is a JSON document: one that was none is `{"type":"text","text":…}`.',
      requestParams: { path: runPath, query: querySchema },
      responses: {
        [HEALTHY]: {
          description: 'One line of the job per line, most of them JSON.',
          content: { 'text/plain': { schema: { type: 'string' }, example: LOGS_EXAMPLE }, [NDJSON]: { schema: { type: 'string' }, example: LOGS_EXAMPLE } },
        },
      },
      problems: [...LOOK_UP_CODES, 'BODY_INVALID'],
    }),
    handle: async (request, response) => {
      const run = readRunId(request.params['run']);
      const { attempt, follow } = parseQuery(querySchema, request.query);
      const asJson = request.accepts(['text/plain', NDJSON]) === NDJSON;
      const type = asJson ? NDJSON : 'text/plain; charset=utf-8';
      const earlier = await lookUp.log(run, attempt);
      const handle = follow === 'true' ? runs.get(run) : undefined;
      if (handle === undefined || isFinal(handle.state)) {
        response.type(type).send(asJson ? toJsonLines(earlier) : earlier);
        return;
      }
      const stream = openStream(request as Request, response as Response, type);
      const write = (text: string): void => stream.write(asJson ? toJsonLines(text) : text);
      // Nothing is awaited from here on, so that no line comes between what there is and what follows. What came since it was read is in both.
      const { output } = handle;
      write(output !== undefined && (attempt ?? output.attempt) === output.attempt ? output.collector.log.text() : earlier);
      const leave = handle.follow((news: RunNews) => {
        if (news.kind === 'line') write(`${news.line}\n`);
        else if (news.kind === 'timeline' && isFinal(handle.state)) stream.end();
      });
      response.on('close', leave);
    },
  };
}

function toJsonLines(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => `${isJsonObject(line) ? line : JSON.stringify({ type: 'text', text: line })}\n`).join('');
}

function isJsonObject(line: string): boolean {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null;
  } catch {
    return false;
  }
}
