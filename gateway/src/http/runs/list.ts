import { z } from 'zod';
import { pipelineNameSchema } from '../../pipelines/pipeline.ts';
import { CURSOR } from '../../runs/listing.ts';
import { RUN_STATES } from '../../runs/state.ts';
import { runUrl } from '../answers.ts';
import { parseQuery } from '../body.ts';
import type { Route } from '../route.ts';
import { type RunsAnswer, runsSchema } from '../schemas/index.ts';
import { HEALTHY } from '../status.ts';
import type { RunServices } from './routes.ts';
import { LOOK_UP_CODES } from './run-id.ts';

const MAX_LIMIT = 500;
const instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be an instant such as 2025-01-02T15:30:45Z, or a date');
const states = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(RUN_STATES, `must be some of ${RUN_STATES.join(', ')}, parted by commas`)));

const querySchema = z.strictObject({
  pipeline: pipelineNameSchema.optional().describe("Only this pipeline's."),
  state: states.optional().describe('Only those in one of these states, parted by commas.'),
  since: instant.optional().describe('Only those accepted at this instant or later.'),
  until: instant.optional().describe('Only those accepted before this instant.'),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(50).describe('How many at most.'),
  cursor: z.string().regex(CURSOR, 'must be taken from "next" of another page').optional().describe('From `next` of another page.'),
});

/** `GET /api/runs`. */
export function listRuns({ listing }: RunServices): Route {
  return {
    method: 'get',
    path: '/api/runs',
    describe: () => ({
      operationId: 'listRuns',
      tags: ['runs'],
      summary: 'Runs, newest first',
      description: 'Those that are open, and those that have ended and are kept still. Filters go together.',
      requestParams: { query: querySchema },
      responses: { [HEALTHY]: { description: 'A page of them.', content: { 'application/json': { schema: runsSchema } } } },
      problems: [...LOOK_UP_CODES, 'BODY_INVALID'],
    }),
    handle: async (request, response) => {
      const { pipeline, state, since, until, limit, cursor } = parseQuery(querySchema, request.query);
      const page = await listing.page({
        pipeline,
        states: state === undefined ? undefined : new Set(state),
        since: since === undefined ? undefined : new Date(since),
        until: until === undefined ? undefined : new Date(until),
        after: cursor,
        limit,
      });
      const runs = page.runs.map(({ run, pipeline: of, state: stands, acceptedAt, endedAt }) => ({
        run,
        pipeline: of,
        state: stands,
        acceptedAt: acceptedAt.toISOString(),
        ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
        url: runUrl(run),
      }));
      const answer: RunsAnswer = { runs, ...(page.next === undefined ? {} : { next: nextUrl(request.originalUrl, page.next) }) };
      response.json(answer);
    },
  };
}

function nextUrl(asked: string, cursor: string): string {
  const at = asked.indexOf('?');
  const search = new URLSearchParams(at === -1 ? '' : asked.slice(at + 1));
  search.set('cursor', cursor);
  return `/api/runs?${search.toString()}`;
}
