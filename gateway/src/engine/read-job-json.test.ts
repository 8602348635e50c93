import { describe, expect, test } from '@jest/globals';
import { readJobJson } from './read-job-json.ts';

const good = {
  name: 'zeta',
  description: 'A job.',
  contract: 1,
  modes: ['run'],
  environment: [],
  datasets: {},
  limits: { memoryMiB: 96, cpus: 1, pids: 64, scratchMiB: 8, timeAllowedSeconds: 60 },
};
const read = (json: unknown): unknown => readJobJson(typeof json === 'string' ? json : JSON.stringify(json), 'zeta', 'the image x', 'build it anew');

describe('readJobJson', () => {
  test('reads a good one', () => {
    expect(read(good)).toEqual(good);
  });

  test.each([
    ['no JSON', '{', /the image x.*not JSON.*; build it anew$/],
    ['two mistakes', { ...good, contract: 2, limits: { ...good.limits, pids: 0 } }, /contract: .*limits\.pids: .*; build it anew$/],
    ['a field too many', { ...good, extra: 1 }, /"extra"/],
    ["a variable of the gateway's", { ...good, environment: [{ name: 'API_KEY', description: '', secret: true }] }, /environment: API_KEY can't be/],
    ['a variable of the contract', { ...good, environment: [{ name: 'ESCLUSA_SECRETS_FILE', description: '' }] }, /ESCLUSA_SECRETS_FILE/],
    ['a variable twice', { ...good, environment: [true, false].map((secret) => ({ name: 'ZETA_X', description: '', secret })) }, /environment: .*once/],
    ['201 variables', { ...good, environment: Array.from({ length: 201 }, (_, n) => ({ name: `ZETA_${n}`, description: '' })) }, /environment: /],
    ['a megabyte of description', { ...good, description: 'x'.repeat(1024 * 1024) }, /more than 1048576 bytes/],
    ['a schema of 300 KB', { ...good, datasets: { enum: ['x'.repeat(300_000)] } }, /datasets: longer than/],
    ['100,000 levels', JSON.stringify(good).replace('{}', `{"not":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /nested more than/],
    ["another job's", { ...good, name: 'eta' }, /is for the job "eta".*not for "zeta"/],
  ])('refuses %s', (_name, json, message) => {
    expect(() => read(json)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(message) }));
  });
});
