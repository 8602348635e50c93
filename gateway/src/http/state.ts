import { type DatasetState, datasetStateSchema, isIncremental } from '@esclusa/contract';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { MAX_STATE_BYTES } from '../ledger/state-bounds.ts';
import type { Claimant, States } from '../ledger/states.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { parseBody } from './body.ts';
import { firstInexactNumber } from './exact-numbers.ts';
import { pipelinePath } from './pipeline-path.ts';
import type { Route } from './route.ts';
import { type StateAnswer, stateSchema } from './schemas/index.ts';
import { HEALTHY } from './status.ts';

/** What the routes of states work with. */
export interface StateServices {
  readonly catalogue: Catalogue;
  readonly states: States;
  /** Takes the claim on a pipeline's states away from a run of another gateway; the claimant where it is a run of this one. */
  readonly takeClaimAway: (pipeline: string) => Promise<Claimant | undefined>;
}

const datasetName = z.string().meta({ description: 'Name of the dataset.' });
const bodySchema = z.strictObject({
  state: datasetStateSchema.describe(
    "What the job left in a manifest (`state`), or what it would: of a database's table `cursor` and `value`, the value up to which it has been read.",
  ),
});
const PROBLEMS = [
  'LEDGER_UNTRUSTED',
  'PIPELINE_NOT_FOUND',
  'PIPELINE_INVALID',
  'BODY_INVALID',
  'S3_UNAVAILABLE',
  'S3_REFUSED',
  'BUCKET_NOT_FOUND',
  'S3_TOKEN_EXPIRED',
] as const;
const CHANGE_PROBLEMS = [...PROBLEMS, 'STATE_CLAIMED', 'STATES_TOO_LARGE'] as const;

/** `/api/ingesta/{pipeline}/state`: how far incremental datasets were read, and setting it; and who has claimed it. */
export function stateRoutes(services: StateServices): Route[] {
  return [getState(services), setState(services), deleteState(services), deleteClaim(services)];
}

function getState(services: StateServices): Route {
  return {
    method: 'get',
    path: '/api/ingesta/{pipeline}/state',
    describe: ({ pipelines }) => ({
      operationId: 'getState',
      tags: ['ingesta'],
      summary: "How far a pipeline's incremental datasets were read",
      requestParams: { path: pipelinePath(pipelines) },
      responses: { [HEALTHY]: { description: 'Each of them that was read.', content: { 'application/json': { schema: stateSchema } } } },
      problems: PROBLEMS,
    }),
    handle: async (request, response) => {
      const { pipeline } = await services.catalogue.get(String(request.params['pipeline']));
      response.json(await answerOf(services, pipeline));
    },
  };
}

function setState(services: StateServices): Route {
  return {
    method: 'put',
    path: '/api/ingesta/{pipeline}/state/{dataset}',
    describe: ({ pipelines }) => ({
      operationId: 'setState',
      tags: ['ingesta'],
      summary: 'Sets up to where an incremental dataset counts as read',
      description: 'The next run goes on from there. What it says is checked by the job, at the next run (`STATE_INVALID`).',
      requestParams: { path: pipelinePath(pipelines).extend({ dataset: datasetName }) },
      requestBody: { required: true, content: { 'application/json': { schema: bodySchema.meta({ id: 'StateRequest' }) } } },
      responses: { [HEALTHY]: { description: 'The states from now on.', content: { 'application/json': { schema: stateSchema } } } },
      problems: CHANGE_PROBLEMS,
    }),
    handle: async (request, response) => {
      const { state } = parseBody(bodySchema, request.body, '{"state": {"cursor": "…", "value": "…"}}');
      checkState(String(request.body), state);
      response.json(await change(services, request.params, state));
    },
  };
}

function deleteState(services: StateServices): Route {
  return {
    method: 'delete',
    path: '/api/ingesta/{pipeline}/state/{dataset}',
    describe: ({ pipelines }) => ({
      operationId: 'deleteState',
      tags: ['ingesta'],
      summary: 'Forgets how far an incremental dataset was read: the next run reads it from the beginning',
      requestParams: { path: pipelinePath(pipelines).extend({ dataset: datasetName }) },
      responses: { [HEALTHY]: { description: 'The states from now on.', content: { 'application/json': { schema: stateSchema } } } },
      problems: CHANGE_PROBLEMS,
    }),
    handle: async (request, response) => {
      response.json(await change(services, request.params, undefined));
    },
  };
}

function deleteClaim(services: StateServices): Route {
  return {
    method: 'delete',
    path: '/api/ingesta/{pipeline}/claim',
    describe: ({ pipelines }) => ({
      operationId: 'deleteClaim',
      tags: ['ingesta'],
      summary: 'Takes the states away from a run whose gateway is gone for good',
      description:
        'Until a run that reads increments has ended, its claim keeps others of the pipeline from reading them: also when the host of its gateway was lost. ' +
        'Its attempt counts as aborted from now on, unless it was committed, and does no harm if it should come back: it can not publish any more. ' +
        'Without a claim nothing happens. A run of this gateway keeps its claim (`STATE_CLAIMED`); it can be cancelled.',
      requestParams: { path: pipelinePath(pipelines) },
      responses: { [HEALTHY]: { description: 'The states from now on.', content: { 'application/json': { schema: stateSchema } } } },
      problems: CHANGE_PROBLEMS,
    }),
    handle: async (request, response) => {
      const { pipeline } = await services.catalogue.get(String(request.params['pipeline']));
      refuseIfClaimed(pipeline, await services.takeClaimAway(pipeline.name));
      response.json(await answerOf(services, pipeline));
    },
  };
}

/** Refuses a state that would not be kept as it was sent, or is too large to be handed to a job. */
function checkState(text: string, state: DatasetState): void {
  const inexact = firstInexactNumber(text);
  if (inexact !== undefined) {
    const why = `${inexact.slice(0, 100)} is a number that can't be kept as it is written; give it as a text, as a manifest's "state" does`;
    throw new GatewayError('BODY_INVALID', `state: ${why}`, { details: { errors: [{ field: 'state', message: why }] } });
  }
  const bytes = Buffer.byteLength(JSON.stringify(state));
  if (bytes > MAX_STATE_BYTES) throw new GatewayError('BODY_TOO_LARGE', `a dataset's state may have ${MAX_STATE_BYTES} bytes, and this one has ${bytes}`);
}

async function change(services: StateServices, params: Readonly<Record<string, unknown>>, state: DatasetState | undefined): Promise<StateAnswer> {
  const { pipeline } = await services.catalogue.get(String(params['pipeline']));
  const dataset = String(params['dataset']);
  const incremental = Object.keys(pipeline.datasets).filter((name) => isIncremental(pipeline.datasets[name] ?? {}));
  // One that the pipeline has no more may be forgotten.
  if (state !== undefined && !incremental.includes(dataset)) {
    const there = incremental.length === 0 ? 'it has none' : `there are ${incremental.join(', ')}`;
    throw new GatewayError('BODY_INVALID', `the pipeline "${pipeline.name}" has no incremental dataset "${dataset}"; ${there}`, {
      details: { field: 'dataset' },
    });
  }
  refuseIfClaimed(pipeline, await services.states.set(pipeline.name, dataset, state));
  return answerOf(services, pipeline);
}

function refuseIfClaimed({ name }: Pipeline, by: Claimant | undefined): void {
  if (by === undefined) return;
  throw new GatewayError(
    'STATE_CLAIMED',
    `run ${by.run} reads the increments of the pipeline "${name}" right now; wait for its end (GET /api/runs/${by.run}), or cancel it; ` +
      `if its gateway is gone for good, take its claim away (DELETE /api/ingesta/${name}/claim)`,
    { details: { run: by.run } },
  );
}

async function answerOf({ states }: StateServices, { name }: Pipeline): Promise<StateAnswer> {
  const { datasets, by } = await states.read(name);
  return { pipeline: name, datasets, ...(by === undefined ? {} : { claimedBy: by.run }) };
}
