import { describe, expect, test } from '@jest/globals';
import { type JobVariable, jobJsonSchema } from '@esclusa/contract';
import type { GatewayError } from '../errors.ts';
import { resolveVariables } from './variables.ts';

function job(...environment: (Partial<JobVariable> & { name: string })[]) {
  return jobJsonSchema.parse({
    name: 'zeta',
    description: 'Extracts zetas.',
    contract: 1,
    modes: ['run'],
    environment: environment.map((variable) => ({ description: '', ...variable })),
    datasets: {},
    limits: { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 16, timeAllowedSeconds: 60 },
  });
}

const JOB = job({ name: 'ZETA_HOST', required: true }, { name: 'ZETA_PORT' }, { name: 'ZETA_PASSWORD', secret: true, required: true });
const ENVIRONMENT = { ZETA_HOST: 'db', ZETA_PASSWORD: 'p', OTHER_HOST: 'other-db', OTHER_PASSWORD: 'q', UNRELATED: 'x' };

function resolve(source: Record<string, string>, environment: Record<string, string | undefined> = ENVIRONMENT) {
  return resolveVariables({ name: 'ventas', source }, JOB, environment);
}

function missing(source: Record<string, string>, environment: Record<string, string | undefined>): unknown {
  try {
    resolve(source, environment);
  } catch (error) {
    expect(error).toMatchObject({ code: 'PIPELINE_NOT_CONFIGURED', message: expect.stringContaining('ventas') });
    return (error as GatewayError).details.variables;
  }
  return [];
}

describe("a job's variables", () => {
  test("come from the gateway's variables of the same names, secrets apart, and no others with them", () => {
    expect(resolve({})).toEqual({ plain: { ZETA_HOST: 'db' }, secret: { ZETA_PASSWORD: 'p' } });
  });

  test('come from the pipeline where it sets them, its references filled in', () => {
    expect(resolve({ ZETA_HOST: '${OTHER_HOST}', ZETA_PORT: '1${UNRELATED}2', ZETA_PASSWORD: '${OTHER_PASSWORD}' })).toEqual({
      plain: { ZETA_HOST: 'other-db', ZETA_PORT: '1x2' },
      secret: { ZETA_PASSWORD: 'q' },
    });
  });

  test('take the default of a reference only where its variable is missing', () => {
    expect(resolve({ ZETA_HOST: '${NOWHERE:-localhost}', ZETA_PORT: '${OTHER_HOST:-1}' }).plain).toEqual({ ZETA_HOST: 'localhost', ZETA_PORT: 'other-db' });
    expect(resolve({ ZETA_PORT: '${NOWHERE:-}' }).plain).toEqual({ ZETA_HOST: 'db' });
  });

  test('are not filled in twice', () => {
    expect(resolve({ ZETA_HOST: '${OTHER_HOST}' }, { ...ENVIRONMENT, OTHER_HOST: '${OTHER_PASSWORD}' }).plain.ZETA_HOST).toBe('${OTHER_PASSWORD}');
  });

  test('keep text that only looks like a reference', () => {
    expect(resolve({ ZETA_HOST: '$OTHER_HOST ${other} {OTHER_HOST} $' }).plain.ZETA_HOST).toBe('$OTHER_HOST ${other} {OTHER_HOST} $');
  });
});

describe('of variables that are missing', () => {
  test('every one is listed', () => {
    expect(missing({}, {})).toEqual(['ZETA_HOST', 'ZETA_PASSWORD']);
    expect(missing({ ZETA_HOST: '${A}', ZETA_PORT: '${B}' }, {})).toEqual(['A', 'B', 'ZETA_PASSWORD']);
  });

  test('each is listed once, by the name that is to be set', () => {
    expect(missing({ ZETA_HOST: '${A}', ZETA_PORT: '${A}${A}' }, { ZETA_PASSWORD: 'p' })).toEqual(['A']);
  });

  test('one that is empty counts', () => {
    expect(missing({}, { ZETA_HOST: '', ZETA_PASSWORD: 'p' })).toEqual(['ZETA_HOST']);
    expect(missing({ ZETA_HOST: '' }, ENVIRONMENT)).toEqual(['ZETA_HOST']);
    expect(missing({ ZETA_HOST: '${A:-}' }, ENVIRONMENT)).toEqual(['ZETA_HOST']);
  });

  test('one that the job can do without is no problem', () => {
    expect(missing({}, { ZETA_HOST: 'db', ZETA_PASSWORD: 'p' })).toEqual([]);
  });

  test('the answer shows no value', () => {
    expect(() => resolve({ ZETA_PORT: '${A}' }, { ZETA_PASSWORD: 'canary' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });
});
