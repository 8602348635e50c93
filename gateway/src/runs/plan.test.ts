import { describe, expect, test } from '@jest/globals';
import { type Limits, requestSchema } from '@esclusa/contract';
import { type AttemptParts, effectiveLimits, planAttempt } from './plan.ts';

const LIMITS: Limits = { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 16, timeAllowedSeconds: 600 };
const PARTS: AttemptParts = {
  run: { run: 'r-1', pipeline: 'ventas', job: 'zeta', datasets: { productos: { columns: ['id'] } } },
  entry: { attempt: 2, keys: { productos: 'ventas/productos_20250102_153045.csv' }, commitKey: '_esclusa/commits/r-1/2.json' },
  mode: 'run',
  limits: LIMITS,
  variables: { ZETA_HOST: 'db.example.org' },
  s3: { bucket: 'lago', region: 'us-east-1', endpoint: 'http://s3:9000', forcePathStyle: true },
  installation: 'esclusa',
};

describe('planAttempt', () => {
  test('puts together what an engine starts', () => {
    const { environment, ...spec } = planAttempt(PARTS);
    const { ESCLUSA_REQUEST: request = '', ...variables } = environment;
    expect(spec).toEqual({
      run: 'r-1',
      attempt: 2,
      job: 'zeta',
      pipeline: 'ventas',
      mode: 'run',
      installation: 'esclusa',
      limits: LIMITS,
      labels: { 'esclusa.commit-key': '_esclusa/commits/r-1/2.json', 'esclusa.keys': '{"productos":"ventas/productos_20250102_153045.csv"}' },
    });
    expect(variables).toEqual({
      ZETA_HOST: 'db.example.org',
      AWS_BUCKET_NAME: 'lago',
      AWS_REGION: 'us-east-1',
      S3_ENDPOINT: 'http://s3:9000',
      S3_FORCE_PATH_STYLE: 'true',
      ESCLUSA_SECRETS: 'stdin',
    });
    expect(JSON.parse(request)).toEqual({
      version: 1,
      mode: 'run',
      run: 'r-1',
      attempt: 2,
      pipeline: 'ventas',
      datasets: { productos: { columns: ['id'] } },
      destination: { bucket: 'lago', keys: { productos: 'ventas/productos_20250102_153045.csv' }, commitKey: '_esclusa/commits/r-1/2.json' },
      timeAllowedSeconds: 600,
    });
  });

  test('tells the job how old its snapshot may become, and the image for its manifest', () => {
    const { environment } = planAttempt({ ...PARTS, limits: { ...LIMITS, maxSnapshotAgeSeconds: 90 }, image: 'sha256:0a1b' });
    expect(requestSchema.parse(JSON.parse(environment.ESCLUSA_REQUEST ?? ''))).toMatchObject({ maxSnapshotAgeSeconds: 90, image: 'sha256:0a1b' });
  });

  test('makes a request that the contract accepts, in every mode', () => {
    for (const mode of ['run', 'check', 'plan'] as const) {
      const request = JSON.parse(planAttempt({ ...PARTS, mode }).environment.ESCLUSA_REQUEST ?? '');
      expect(requestSchema.parse(request)).toMatchObject({ mode });
    }
  });

  test('sets nothing of S3 that is not configured', () => {
    const { environment } = planAttempt({ ...PARTS, s3: { ...PARTS.s3, endpoint: undefined, forcePathStyle: undefined } });
    expect(Object.keys(environment).filter((name) => name.startsWith('S3_'))).toEqual([]);
  });

  test("is not overruled by a job's variables where jobs write and what they are asked", () => {
    const own = planAttempt(PARTS).environment;
    const variables = Object.fromEntries(Object.keys(own).map((name) => [name, 'elsewhere']));
    expect(planAttempt({ ...PARTS, variables }).environment).toEqual({ ...own, ZETA_HOST: 'elsewhere' });
  });

  test('holds no secret, and no variable that could carry one', () => {
    const { environment, labels } = planAttempt(PARTS);
    expect(Object.keys(environment).filter((name) => /PASSWORD|TOKEN|ACCESS_KEY/.test(name))).toEqual([]);
    expect(Object.keys(labels)).toEqual(['esclusa.commit-key', 'esclusa.keys']);
  });
});

describe('effectiveLimits', () => {
  test("are the job's, with the pipeline's in their place", () => {
    expect(effectiveLimits(LIMITS, {})).toEqual(LIMITS);
    expect(effectiveLimits(LIMITS, { memoryMiB: 512, cpus: undefined })).toEqual({ ...LIMITS, memoryMiB: 512 });
  });

  test('may be those that the job does not set, and hold nothing that limits more than one container', () => {
    const pipeline = { maxSnapshotAgeSeconds: 90, concurrency: 2 };
    expect(effectiveLimits(LIMITS, pipeline)).toEqual({ ...LIMITS, maxSnapshotAgeSeconds: 90 });
    expect(effectiveLimits({ ...LIMITS, maxSnapshotAgeSeconds: 30 }, pipeline)).toEqual({ ...LIMITS, maxSnapshotAgeSeconds: 90 });
  });
});
