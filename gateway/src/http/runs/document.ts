import { GatewayError } from '../../errors.ts';
import { runDocument } from '../answers.ts';
import type { Route } from '../route.ts';
import { runSchema } from '../schemas/index.ts';
import { ACCEPTED, HEALTHY } from '../status.ts';
import type { RunServices } from './routes.ts';
import { LOOK_UP_CODES, readRunId, runPath } from './run-id.ts';

// One that waits is cancelled at once; of one that runs, the container gets its grace.
const CANCELLED_WITHIN_SECONDS = 1;
const content = { 'application/json': { schema: runSchema } };

/** `GET /api/runs/{run}`. */
export function getRun({ lookUp, slots }: RunServices): Route {
  return {
    method: 'get',
    path: '/api/runs/{run}',
    describe: () => ({
      operationId: 'getRun',
      tags: ['runs'],
      summary: 'A run: where it stands, how far it is, and how it ended',
      requestParams: { path: runPath },
      responses: { [HEALTHY]: { description: 'The run.', content } },
      problems: LOOK_UP_CODES,
    }),
    handle: async (request, response) => {
      const found = await lookUp.run(readRunId(request.params['run']));
      response.json(runDocument(found, found.handle === undefined ? undefined : slots.position(found.handle.run)));
    },
  };
}

/** `DELETE /api/runs/{run}`. */
export function cancelRun({ runs, lookUp }: RunServices): Route {
  return {
    method: 'delete',
    path: '/api/runs/{run}',
    describe: () => ({
      operationId: 'cancelRun',
      tags: ['runs'],
      summary: 'Cancels a run',
      description:
        'The wish is kept, also over a restart: the query is cancelled at the source, the uploads are aborted, and nothing is published. A run that has published already succeeds. Asking twice is fine.',
      requestParams: { path: runPath },
      responses: {
        [HEALTHY]: { description: 'It is cancelled.', content },
        [ACCEPTED]: { description: 'It will be, once its container has stopped.', content },
      },
      problems: [...LOOK_UP_CODES, 'RUN_ENDED'],
    }),
    handle: async (request, response) => {
      const run = readRunId(request.params['run']);
      const { handle } = await lookUp.run(run);
      if (handle !== undefined) {
        await runs.cancel(handle);
        await handle.answerWithin(CANCELLED_WITHIN_SECONDS).catch(() => undefined);
      }
      const found = await lookUp.run(run);
      if (found.ended !== undefined && found.ended.state !== 'cancelled') {
        throw new GatewayError('RUN_ENDED', `the run has ${found.ended.state} already; there is nothing to cancel`, { details: { run } });
      }
      response.status(found.ended === undefined ? ACCEPTED : HEALTHY).json(runDocument(found));
    },
  };
}
