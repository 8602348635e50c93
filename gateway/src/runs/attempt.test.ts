import { describe, expect, test } from '@jest/globals';
import { jobJsonSchema } from '@esclusa/contract';
import { type Engine, EngineError } from '../engine/engine.ts';
import { type AttemptRun, type AttemptServices, prepareAttempt } from './attempt.ts';
import { readKeepLabels } from './keep.ts';

const LIMITS = { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 16, timeAllowedSeconds: 60 };
const JOB = jobJsonSchema.parse({
  name: 'zeta',
  description: 'Extracts zetas.',
  contract: 1,
  modes: ['run'],
  environment: [
    { name: 'ZETA_HOST', description: '', required: true },
    { name: 'ZETA_PASSWORD', description: '', secret: true },
  ],
  datasets: {},
  limits: LIMITS,
});
const RUN: AttemptRun = {
  run: 'r',
  pipeline: 'ventas',
  job: 'zeta',
  datasets: { productos: {} },
  limits: LIMITS,
  source: { ZETA_PASSWORD: '${OTHER_PASSWORD}' },
  keep: 'none',
};
const ENTRY = { attempt: 1, keys: { productos: 'ventas/productos.csv' }, commitKey: '_esclusa/commits/r/1.json' };
/** All of an engine that putting an attempt together asks. */
function engineWith(image: () => Promise<string | undefined>): Engine {
  return { image } as Partial<Engine> as Engine;
}

const SERVICES: AttemptServices = {
  engine: engineWith(async () => 'sha256:0a1b'),
  installation: 'esclusa',
  s3: { bucket: 'lago', region: 'us-east-1', endpoint: undefined, forcePathStyle: undefined },
  environment: { ZETA_HOST: 'db', OTHER_PASSWORD: 'canary-password', UNRELATED_SECRET: 'canary-unrelated' },
  stopGraceSeconds: 1,
  keepHours: 24,
  latestKey: (pipeline) => `_esclusa/latest/${pipeline}.json`,
  latestColumns: async () => undefined,
  credentials: async () => ({ accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret-key', sessionToken: 'canary-token' }),
};

describe('a prepared attempt', () => {
  test('has its secrets apart from what an engine shows', async () => {
    const { spec, secrets } = await prepareAttempt(SERVICES, JOB, RUN, ENTRY, 'run');
    expect(secrets).toEqual({
      ZETA_PASSWORD: 'canary-password',
      AWS_ACCESS_KEY_ID: 'AKIACANARY',
      AWS_SECRET_ACCESS_KEY: 'canary-secret-key',
      AWS_SESSION_TOKEN: 'canary-token',
    });
    expect(spec.environment).toMatchObject({ ZETA_HOST: 'db' });
    expect(JSON.stringify(spec)).not.toMatch(/canary/i);
  });

  test('bears the mark of a run whose containers are kept, and else none', async () => {
    const { spec } = await prepareAttempt(SERVICES, JOB, { ...RUN, keep: 'failed' }, ENTRY, 'run');
    expect(readKeepLabels(spec.labels)?.which).toBe('failed');
    expect(readKeepLabels((await prepareAttempt(SERVICES, JOB, RUN, ENTRY, 'run')).spec.labels)).toBeUndefined();
  });

  test('hides each of its secrets in the output', async () => {
    const { mask } = await prepareAttempt(SERVICES, JOB, RUN, ENTRY, 'run');
    expect(mask.text('canary-password, canary-secret-key and canary-token')).toBe('***, *** and ***');
  });

  test("tells a run its image for the manifest, and is put together all the same when the engine can't say", async () => {
    const imageIn = async (engine: Engine, mode: 'run' | 'check' = 'run'): Promise<unknown> => {
      const { spec } = await prepareAttempt({ ...SERVICES, engine }, JOB, RUN, ENTRY, mode);
      return JSON.parse(spec.environment['ESCLUSA_REQUEST'] ?? '').image;
    };
    expect(await imageIn(SERVICES.engine)).toBe('sha256:0a1b');
    expect(await imageIn(SERVICES.engine, 'check')).toBeUndefined();
    expect(await imageIn(engineWith(async () => undefined))).toBeUndefined();
    expect(await imageIn(engineWith(() => Promise.reject(new EngineError('IMAGE_MISSING', 'no image'))))).toBeUndefined();
  });

  test('has no session token when the credentials have none', async () => {
    const services = { ...SERVICES, credentials: async () => ({ accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret-key', sessionToken: undefined }) };
    const { secrets } = await prepareAttempt(services, JOB, RUN, ENTRY, 'run');
    expect(secrets).not.toHaveProperty('AWS_SESSION_TOKEN');
  });
});
