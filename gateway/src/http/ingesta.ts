import type { Manifest } from '@esclusa/contract';
import { Router } from 'express';
import type { EndedRun } from '../ledger/entries.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import type { Checks } from '../runs/check.ts';
import type { Runs } from '../runs/runs.ts';
import { parseIngestaBody } from './body.ts';
import { type Problem, sendProblem } from './problem.ts';
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
export function ingestaRoutes({ catalogue, runs, checks, manifest }: IngestaServices): Router {
  const router = Router();

  router.get('/', async (_request, response) => {
    const pipelines = (await catalogue.list()).map(({ name, job, description, datasets }) => ({
      name,
      database: job,
      description,
      datasets: Object.keys(datasets),
      url: `/api/ingesta/${name}`,
    }));
    response.json({ pipelines });
  });

  router.get('/health', async (_request, response) => {
    const pipelines = await catalogue.list();
    const entries = await Promise.all(pipelines.map(async ({ name }) => [name, await pipelineHealth(catalogue, checks, name)] as const));
    const healthy = entries.every(([, { status }]) => status === 'healthy');
    response.status(healthy ? HEALTHY : UNHEALTHY).json({ status: healthy ? 'healthy' : 'unhealthy', databases: Object.fromEntries(entries) });
  });

  router.post('/:pipeline', async (request, response) => {
    const { pipeline, job } = await catalogue.get(request.params.pipeline);
    const body = parseIngestaBody(request.body);
    const handle = await runs.submit({ pipeline, job, datasets: body.datasets });
    response.set('Esclusa-Run', handle.run);
    const ended = await handle.answer;
    // The caller may be gone; the run is in the ledger all the same.
    if (response.destroyed) return;
    if (ended.state === 'succeeded') response.json(success(ended, await manifest(ended)));
    else sendProblem(response, failure(ended));
  });

  return router;
}

async function pipelineHealth(catalogue: Catalogue, checks: Checks, name: string): Promise<{ status: 'healthy' | 'unhealthy' } & Record<string, unknown>> {
  try {
    const { pipeline, job } = await catalogue.get(name);
    const { ok, ...result } = await checks.check(pipeline, job);
    const ageSeconds = Math.round((Date.now() - Date.parse(result.checkedAt)) / 1000);
    return { status: ok ? 'healthy' : 'unhealthy', ...result, ageSeconds };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { status: 'unhealthy', code: code ?? 'INTERNAL', message };
  }
}

/** The seed's answer, word for word; what stands beside it is new. */
function success(ended: EndedRun, manifest: Manifest): object {
  const result = Object.entries(manifest.datasets).map(([name, { url, rows, bytes, sha256 }]) => [name, { url, registros: rows, bytes, sha256 }]);
  return { status: 'success', database: ended.job, result: Object.fromEntries(result), run: ended.run };
}

function failure(ended: EndedRun): Problem {
  const { code = 'INTERNAL', message = 'the run failed', details } = ended.error ?? {};
  return {
    code,
    detail: message,
    members: {
      run: ended.run,
      database: ended.job,
      pipeline: ended.pipeline,
      ...(details === undefined ? {} : { details }),
      attempts: ended.attempts,
      log: ended.logTail,
    },
  };
}
