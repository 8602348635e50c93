import type { Manifest } from '@esclusa/contract';
import { z } from 'zod';
import type { EndedRun } from '../ledger/entries.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import type { Checks } from '../runs/check.ts';
import type { Runs } from '../runs/runs.ts';
import { containerOf, failureOf, logsUrl, resultOf } from './answers.ts';
import { ingestaBodySchema, parseIngestaBody } from './body.ts';
import { CURL_EXAMPLE, PYTHON_EXAMPLE, SUCCESS_EXAMPLE } from './openapi/examples.ts';
import { RUN_CODES, RUN_HEADER } from './openapi/problems.ts';
import { sendProblem } from './problem.ts';
import type { Known, Route } from './route.ts';
import {
  type PipelineHealth,
  type PipelinesAnswer,
  type PipelinesHealth,
  type Success,
  pipelinesHealthSchema,
  pipelinesSchema,
  successSchema,
} from './schemas.ts';
import { HEALTHY, UNHEALTHY } from './status.ts';

/** What the ingesta routes work with. */
export interface IngestaServices {
  readonly catalogue: Catalogue;
  readonly runs: Runs;
  readonly checks: Checks;
  /** The manifest of a run that succeeded. */
  readonly manifest: (ended: EndedRun) => Promise<Manifest>;
}

/** `/api/ingesta`: pipelines, their health, and running one. */
export function ingestaRoutes(services: IngestaServices): Route[] {
  return [listPipelines(services), askPipelines(services), runPipeline(services)];
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

function runPipeline({ catalogue, runs, manifest }: IngestaServices): Route {
  return {
    method: 'post',
    path: '/api/ingesta/{pipeline}',
    describe: describeRunPipeline,
    handle: async (request, response) => {
      const { pipeline, job } = await catalogue.get(String(request.params['pipeline']));
      const body = parseIngestaBody(request.body);
      const handle = await runs.submit({ pipeline, job, ...body, datasets: body.datasets });
      response.set('Esclusa-Run', handle.run);
      const ended = await handle.answer;
      // The caller may be gone; the run is in the ledger all the same.
      if (response.destroyed) return;
      if (ended.state === 'succeeded') response.json(success(ended, await manifest(ended)));
      else sendProblem(response, failureOf(ended));
    },
  };
}

function describeRunPipeline({ pipelines }: Known): ReturnType<Route['describe']> {
  const [first, ...others] = pipelines;
  const name = first === undefined ? z.string() : z.enum([first, ...others]);
  return {
    operationId: 'runPipeline',
    tags: ['ingesta'],
    summary: 'Runs a pipeline, waits for it, and answers with its files',
    description: `\`\`\`bash\n${CURL_EXAMPLE}\n\`\`\`\n\n\`\`\`python\n${PYTHON_EXAMPLE}\n\`\`\`\n\nA caller that goes away does not end the run.`,
    requestParams: { path: z.object({ pipeline: name.meta({ description: "Name of the pipeline: its file's name without `.yaml`." }) }) },
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

/** The seed's answer, word for word; what stands beside it is new. */
function success(ended: EndedRun, manifest: Manifest): Success {
  const { job, run } = ended;
  return { status: 'success', database: job, result: resultOf(manifest), run, logs: logsUrl(run), ...containerOf(ended.attempts) };
}
