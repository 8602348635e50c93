import type { Engine } from '../engine/engine.ts';
import type { Bucket } from '../ledger/bucket.ts';
import type { Conditions } from '../ledger/conditional.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import { formatProblem } from '../pipelines/pipeline.ts';
import type { Runs } from '../runs/runs.ts';
import type { Route } from './route.ts';
import { type HealthAnswer, healthSchema } from './schemas/index.ts';
import { HEALTHY, UNHEALTHY } from './status.ts';

/** What `/health` looks at. */
export interface HealthServices {
  readonly engine: Engine;
  readonly bucket: Bucket;
  readonly conditions: Conditions;
  readonly catalogue: Catalogue;
  readonly runs: Runs;
  readonly version: string;
}

const S3_PATIENCE_MS = 5_000;
const CONTENT = { 'application/json': { schema: healthSchema } };

/** Whether runs could be accepted now, and if not, what is missing and what mends it. The process stays up either way. */
export function healthRoutes({ engine, bucket, conditions, catalogue, runs, version }: HealthServices): Route[] {
  return [
    {
      method: 'get',
      path: '/health',
      describe: () => ({
        operationId: 'health',
        tags: ['health'],
        summary: 'Whether engine and S3 answer',
        responses: {
          [HEALTHY]: { description: 'Both do.', content: CONTENT },
          [UNHEALTHY]: { description: 'One does not; the body says which, and what mends it.', content: CONTENT },
        },
        problems: [],
      }),
      handle: async (_request, response) => {
        // The list itself is not told, but asking for it reads files that have changed.
        const [engineHealth, s3] = await Promise.all([engine.health(), s3Health(bucket, conditions), catalogue.list()]);
        const problems = catalogue.problems.map(formatProblem);
        const healthy = engineHealth.ok && s3.ok;
        const { ok, version: engineVersion, problem } = engineHealth;
        const answer: HealthAnswer = {
          status: healthy ? 'healthy' : 'unhealthy',
          service: 'esclusa',
          version,
          engine: { name: engine.name, ok, version: engineVersion, problem },
          s3: { bucket: bucket.name, ...s3 },
          ...(problems.length > 0 ? { pipelines: { problems } } : {}),
          runs: runs.counts,
        };
        response.status(healthy ? HEALTHY : UNHEALTHY).json(answer);
      },
    },
  ];
}

async function s3Health(bucket: Bucket, conditions: Conditions): Promise<{ ok: boolean; problem?: string }> {
  const timeUp = new Promise<never>(
    (_resolve, reject) => void setTimeout(() => reject(new Error(`S3 did not answer within ${S3_PATIENCE_MS} ms`)), S3_PATIENCE_MS).unref(),
  );
  try {
    await Promise.race([bucket.check(), timeUp]);
    return conditions.problem === undefined ? { ok: true } : { ok: false, problem: conditions.problem };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}
