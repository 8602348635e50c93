import type { IncomingMessage } from 'node:http';
import type { Engine, EngineHealth } from '../engine/engine.ts';
import type { Bucket } from '../ledger/bucket.ts';
import type { Conditions } from '../ledger/conditional.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import { formatProblem } from '../pipelines/pipeline.ts';
import type { Runs } from '../runs/runs.ts';
import { within } from '../within.ts';
import { maySeeAll } from './auth.ts';
import { PROBE_TIMES, type Probe } from './probes.ts';
import type { Route } from './route.ts';
import { type HealthAnswer, type HealthDetails, type HealthWord, type ReadyAnswer, healthSchema, readySchema } from './schemas/index.ts';
import { HEALTHY, UNHEALTHY } from './status.ts';

/** State of the bucket: usable or not, and if not, the problem and its fix. */
export interface BucketHealth {
  readonly ok: boolean;
  readonly problem?: string;
}

/** Services that `/health` and `/ready` query. */
export interface HealthServices {
  readonly engine: Engine;
  readonly bucket: Bucket;
  readonly conditions: Conditions;
  readonly catalogue: Catalogue;
  readonly runs: Runs;
  readonly version: string;
  readonly apiKey: string | undefined;
  readonly probes: { readonly engine: Probe<EngineHealth>; readonly s3: Probe<BucketHealth> };
  /** Warnings for the operator of the gateway, as sentences; runs are accepted all the same. */
  readonly warnings: () => readonly string[];
  /** Problems found in the ledger within the last hour, each with the time it was first seen. */
  readonly problems: () => readonly { readonly what: string; readonly since: string }[];
}

const S3_PATIENCE_MS = 5_000;

/** `/health`: whether runs could be accepted now, and if not, what is missing and what mends it. `/ready`: the same with all details. */
export function healthRoutes(services: HealthServices): Route[] {
  return [health(services), ready(services)];
}

/** Asks whether the bucket may be used; never rejects, and ends in time. */
export async function askBucket(bucket: Pick<Bucket, 'check'>): Promise<BucketHealth> {
  try {
    const answered = await within(
      S3_PATIENCE_MS,
      bucket.check().then(() => true),
    );
    return answered === true ? { ok: true } : { ok: false, problem: `S3 did not answer within ${S3_PATIENCE_MS} ms` };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}

function health(services: HealthServices): Route {
  const content = { 'application/json': { schema: healthSchema } };
  return {
    method: 'get',
    path: '/health',
    describe: () => ({
      operationId: 'health',
      tags: ['health'],
      summary: 'Whether engine and S3 answer',
      description:
        'Answered within a quarter of a second: engine and S3 are asked at most every two seconds, and while one is long in coming its last answer stands, `checkedAt`. ' +
        'Where an API key is set, callers without it are told `status` alone.',
      responses: {
        [HEALTHY]: { description: 'Both do.', content },
        [UNHEALTHY]: { description: 'One does not; the body says which, and what mends it.', content },
      },
      problems: [],
    }),
    handle: async (request, response) => {
      const answer = await look(services);
      const status = answer.engine.ok && answer.s3.ok ? 'healthy' : 'unhealthy';
      response.status(status === 'healthy' ? HEALTHY : UNHEALTHY).json(told(services, request, { status, ...answer }));
    },
  };
}

function told({ apiKey }: HealthServices, request: IncomingMessage, answer: HealthAnswer): HealthAnswer | HealthWord {
  const { status, service } = answer;
  return maySeeAll(request, apiKey) ? answer : { status, service };
}

function ready(services: HealthServices): Route {
  const content = { 'application/json': { schema: readySchema } };
  return {
    method: 'get',
    path: '/ready',
    describe: () => ({
      operationId: 'ready',
      tags: ['health'],
      summary: 'Whether runs could be accepted, with everything that is wrong or should be known',
      description: '`warnings`, `problems` and broken pipeline files do not keep runs from being accepted, and do not change the status.',
      responses: {
        [HEALTHY]: { description: 'Runs are accepted.', content },
        [UNHEALTHY]: { description: 'None could be; the body says what is missing, and what mends it.', content },
      },
      problems: [],
    }),
    handle: async (_request, response) => {
      const answer = await look(services);
      const accepts = answer.engine.ok && answer.s3.ok && !services.runs.isClosing;
      const { pipelines = { problems: [] }, ...rest } = answer;
      const body: ReadyAnswer = {
        status: accepts ? 'ready' : 'unready',
        ...rest,
        pipelines,
        warnings: [...services.warnings()],
        problems: [...services.problems()],
      };
      response.status(accepts ? HEALTHY : UNHEALTHY).json(body);
    },
  };
}

async function look({ engine, bucket, conditions, catalogue, runs, version, probes }: HealthServices): Promise<HealthDetails> {
  const [engineSeen, s3Seen] = await Promise.all([probes.engine.look(), probes.s3.look(), readChanges(catalogue)]);
  const engineHealth: HealthDetails['engine'] =
    'waitedMs' in engineSeen
      ? { name: engine.name, ok: false, problem: notYet(`the ${engine.name} engine`, engineSeen.waitedMs) }
      : { name: engine.name, ...toldOf(engineSeen.result), checkedAt: engineSeen.at.toISOString() };
  const s3 = 'waitedMs' in s3Seen ? { ok: false, problem: notYet('S3', s3Seen.waitedMs) } : { ...s3Seen.result, checkedAt: s3Seen.at.toISOString() };
  const unconditional = s3.ok && conditions.problem !== undefined ? { ok: false, problem: conditions.problem } : {};
  const problems = catalogue.problems.map(formatProblem);
  return {
    service: 'esclusa',
    version,
    engine: engineHealth,
    s3: { bucket: bucket.name, ...s3, ...unconditional },
    ...(problems.length > 0 ? { pipelines: { problems } } : {}),
    runs: runs.counts,
  };
}

/** Reads files that have changed; a folder that hangs holds nobody up. */
async function readChanges(catalogue: Catalogue): Promise<void> {
  await within(PROBE_TIMES.patienceMs, catalogue.list());
}

/** Without what names the engine to us, and its warnings, which `/ready` gives with all others. */
function toldOf(health: EngineHealth): Omit<EngineHealth, 'identity' | 'warnings'> {
  const { identity: _, warnings: __, ...told } = health;
  return told;
}

function notYet(who: string, waitedMs: number): string {
  return `${who} has not answered for ${waitedMs} ms`;
}
