import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Requester } from '../ledger/entries.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import type { Checks } from '../runs/check.ts';
import type { Found, RunLookUp } from '../runs/look-up.ts';
import type { Runs } from '../runs/runs.ts';
import type { Slots } from '../runs/slots.ts';
import { failureOf, runDocument, runUrl, successOf } from './answers.ts';
import { callerOf, shareOf } from './auth.ts';
import { type HttpBounds, tooMany } from './bounds.ts';
import { ingestaBodySchema, parseBody, parseIngestaBody, planBodySchema } from './body.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';
import { pipelinePath } from './pipeline-path.ts';
import { parsePrefer } from './prefer.ts';
import { CURL_EXAMPLE, PYTHON_EXAMPLE, SUCCESS_EXAMPLE } from './openapi/examples.ts';
import { RUN_CODES, RUN_HEADER } from './openapi/problems.ts';
import { sendProblem } from './problem.ts';
import type { Known, Route } from './route.ts';
import {
  type PipelineHealth,
  type PipelinesAnswer,
  type PipelinesHealth,
  type PlanAnswer,
  pipelinesHealthSchema,
  pipelinesSchema,
  planSchema,
  runSchema,
  successSchema,
} from './schemas/index.ts';
import { ACCEPTED, HEALTHY, UNHEALTHY } from './status.ts';
import { whenOver } from './stream.ts';

/** What the ingesta routes work with. */
export interface IngestaServices {
  readonly catalogue: Catalogue;
  readonly runs: Runs;
  readonly checks: Checks;
  readonly slots: Slots;
  readonly lookUp: RunLookUp;
  /** How long a POST is waited for. */
  readonly maxWaitSeconds: number;
  readonly bounds: HttpBounds;
}

const USER_AGENT_CHARS = 200;
const WAITERS_RETRY_SECONDS = 10;
const runHeaders = z.object({
  Prefer: z.string().optional().describe('`respond-async`: answer 202 at once; `wait=N`: within N seconds. RFC 7240.'),
  'Idempotency-Key': z
    .string()
    .optional()
    .describe('The same key with the same question leads to the same run and answer, however often and wherever it is sent; kept as long as the run is.'),
});

/** `/api/ingesta`: pipelines, their health, and running one. */
export function ingestaRoutes(services: IngestaServices): Route[] {
  return [listPipelines(services), askPipelines(services), runPipeline(services), planPipeline(services)];
}

function listPipelines({ catalogue }: IngestaServices): Route {
  return {
    method: 'get',
    path: '/api/ingesta',
    describe: () => ({
      operationId: 'listPipelines',
      tags: ['ingesta'],
      summary: 'The pipelines',
      responses: { [HEALTHY]: { description: 'All pipelines, by name.', content: { 'application/json': { schema: pipelinesSchema } } } },
      problems: [],
    }),
    handle: async (_request, response) => {
      const pipelines = (await catalogue.list()).map(({ name, job, description, datasets }) => ({
        name,
        database: job,
        description,
        datasets: Object.keys(datasets),
        url: `/api/ingesta/${name}`,
      }));
      response.json({ pipelines } satisfies PipelinesAnswer);
    },
  };
}

function askPipelines({ catalogue, checks }: IngestaServices): Route {
  const content = { 'application/json': { schema: pipelinesHealthSchema } };
  return {
    method: 'get',
    path: '/api/ingesta/health',
    describe: () => ({
      operationId: 'pipelinesHealth',
      tags: ['health'],
      summary: "Whether each pipeline's source and bucket may be used",
      description: "Each pipeline's job is asked in a container of its own; answers are kept for a while.",
      responses: {
        [HEALTHY]: { description: 'All pipelines could run.', content },
        [UNHEALTHY]: { description: 'One could not; the body says which, and what mends it.', content },
      },
      problems: [],
    }),
    handle: async (_request, response) => {
      const pipelines = await catalogue.list();
      const entries = await Promise.all(pipelines.map(async ({ name }) => [name, await pipelineHealth(catalogue, checks, name)] as const));
      const healthy = entries.every(([, { status }]) => status === 'healthy');
      const answer: PipelinesHealth = { status: healthy ? 'healthy' : 'unhealthy', databases: Object.fromEntries(entries) };
      response.status(healthy ? HEALTHY : UNHEALTHY).json(answer);
    },
  };
}

function runPipeline({ catalogue, runs, lookUp, slots, maxWaitSeconds, bounds }: IngestaServices): Route {
  return {
    method: 'post',
    path: '/api/ingesta/{pipeline}',
    describe: describeRunPipeline,
    handle: async (request, response) => {
      const { pipeline, job } = await catalogue.get(String(request.params['pipeline']));
      // All that came at once have waited for one reading of the catalogue.
      await bounds.turns.next();
      const body = parseIngestaBody(request.body);
      const idempotencyKey = parseIdempotencyKey(request.get('Idempotency-Key'));
      const { respondAsync, waitSeconds } = parsePrefer(request.get('Prefer'));
      const wanted = Math.min(waitSeconds ?? (respondAsync ? 0 : maxWaitSeconds), maxWaitSeconds);
      const waits = wanted > 0 && takeWaitingPlace(bounds, request, response);
      // A request with a key may repeat an earlier one, and then gets its run. A request without a key is refused before anything is accepted.
      if (wanted > 0 && !waits && idempotencyKey === undefined) {
        throw tooMany('as many callers wait for their runs as there may be; send "Prefer: respond-async" to be answered at once', WAITERS_RETRY_SECONDS);
      }
      const wait = waits ? wanted : 0;
      const handle = await runs.submit({ pipeline, job, ...body, datasets: body.datasets, requestedBy: requesterOf(request), idempotencyKey });
      response.set('Esclusa-Run', handle.run);
      // Of one that another gateway has accepted, the entry may have to be read; and it may have ended there.
      const answered = await handle.answerWithin(wait);
      const found: Found = answered === undefined ? await lookUp.run(handle.run) : { ended: answered };
      const { ended } = found;
      // The caller may be gone; the run is in the ledger all the same.
      if (response.destroyed) return;
      const applied = [...(waitSeconds === wait ? [`wait=${wait}`] : []), ...(respondAsync && ended === undefined ? ['respond-async'] : [])];
      if (applied.length > 0) response.set('Preference-Applied', applied.join(', '));
      if (ended === undefined) {
        response
          .status(ACCEPTED)
          .location(runUrl(handle.run))
          .json(runDocument(found, slots.position(handle.run)));
      } else if (ended.state === 'succeeded') response.json(successOf(ended));
      else sendProblem(response, failureOf(ended));
    },
  };
}

/** Takes a place for a caller that waits, until it is answered or gone; false when there is none. */
function takeWaitingPlace({ waiters }: HttpBounds, request: Request, response: Response): boolean {
  const release = waiters.take(shareOf(request));
  if (release === undefined) return false;
  whenOver(response, release);
  return true;
}

/** Who asks, for the ledger; the key itself is kept nowhere. */
function requesterOf(request: Request): Requester {
  const address = request.socket.remoteAddress;
  const userAgent = request.get('User-Agent')?.slice(0, USER_AGENT_CHARS);
  return { via: 'http', caller: callerOf(request), ...(address === undefined ? {} : { address }), ...(userAgent === undefined ? {} : { userAgent }) };
}

function planPipeline({ catalogue, checks, bounds }: IngestaServices): Route {
  return {
    method: 'post',
    path: '/api/ingesta/{pipeline}/plan',
    describe: ({ pipelines }) => ({
      operationId: 'planPipeline',
      tags: ['ingesta'],
      summary: 'What a run would extract: columns, types, estimates; nothing is extracted',
      description:
        "A dry run: the pipeline's job looks at source and bucket in a container of its own, which ends when the caller goes. Few are made at once, and few may wait.",
      requestParams: { path: pipelinePath(pipelines) },
      requestBody: {
        required: false,
        description: 'May be left out.',
        content: { 'application/json': { schema: planBodySchema.meta({ id: 'PlanRequest' }) } },
      },
      responses: { [HEALTHY]: { description: 'What it would extract.', content: { 'application/json': { schema: planSchema } } } },
      problems: RUN_CODES,
    }),
    handle: async (request: Request, response: Response) => {
      const { pipeline, job } = await catalogue.get(String(request.params['pipeline']));
      await bounds.turns.next();
      const { datasets } = parseBody(planBodySchema, request.body);
      const gone = new AbortController();
      whenOver(response, () => gone.abort(new Error('the caller has gone')));
      const plan = await checks.plan(pipeline, job, { datasets, signal: gone.signal }).catch((error: unknown) => {
        if (!gone.signal.aborted) throw error;
      });
      if (plan === undefined || response.destroyed) return;
      if (!plan.ok) return sendProblem(response, { code: plan.code, detail: plan.message, members: { database: job.name, pipeline: pipeline.name } });
      const { source, datasets: described } = plan;
      response.json({ status: 'success', database: job.name, pipeline: pipeline.name, source, datasets: described } satisfies PlanAnswer);
    },
  };
}

function describeRunPipeline({ pipelines }: Known): ReturnType<Route['describe']> {
  return {
    operationId: 'runPipeline',
    tags: ['ingesta'],
    summary: 'Runs a pipeline, waits for it, and answers with its files',
    description: `\`\`\`bash\n${CURL_EXAMPLE}\n\`\`\`\n\n\`\`\`python\n${PYTHON_EXAMPLE}\n\`\`\`\n\nA caller that goes away does not end the run. One that does not want to wait sends \`Prefer: respond-async\` or \`wait=N\` (RFC 7240); one that may have to repeat its request sends an \`Idempotency-Key\`.`,
    requestParams: { path: pipelinePath(pipelines), header: runHeaders },
    requestBody: {
      required: false,
      description: 'May be left out. It is read as JSON whatever its content type says.',
      content: {
        'application/json': {
          schema: ingestaBodySchema.meta({ id: 'IngestaRequest' }),
          examples: {
            all: { summary: 'Every dataset', value: {} },
            keep: { summary: 'Every dataset, and its containers kept to be looked into', value: { keep: true } },
          },
        },
      },
    },
    responses: {
      [HEALTHY]: {
        description: 'All files are whole and in S3.',
        headers: { 'Esclusa-Run': { ...RUN_HEADER, required: true } },
        content: { 'application/json': { schema: successSchema, examples: { seed: { summary: 'Two datasets', value: SUCCESS_EXAMPLE } } } },
      },
      [ACCEPTED]: {
        description: 'It goes on: the caller did not want to wait longer, or has waited as long as the gateway lets it (MAX_WAIT_SECONDS).',
        headers: {
          'Esclusa-Run': { ...RUN_HEADER, required: true },
          Location: { description: 'Where the run is to be asked for.', required: true, schema: { type: 'string' } },
          'Preference-Applied': { description: 'What of `Prefer` was kept to.', schema: { type: 'string' } },
        },
        content: { 'application/json': { schema: runSchema } },
      },
    },
    problems: RUN_CODES,
    'x-codeSamples': [
      { lang: 'Shell', label: 'curl', source: CURL_EXAMPLE },
      { lang: 'Python', label: 'Python', source: PYTHON_EXAMPLE },
    ],
  };
}

async function pipelineHealth(catalogue: Catalogue, checks: Checks, name: string): Promise<PipelineHealth> {
  try {
    const { pipeline, job } = await catalogue.get(name);
    const { ok, ...result } = await checks.check(pipeline, job);
    const ageSeconds = Math.round((Date.now() - Date.parse(result.checkedAt)) / 1000);
    return { status: ok ? 'healthy' : 'unhealthy', ...result, ageSeconds } as PipelineHealth;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { status: 'unhealthy', code: code ?? 'INTERNAL', message };
  }
}
