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
    ["another job's", { ...good, name: 'eta' }, /is for the job "eta".*not for "zeta"/],
  ])('refuses %s', (_name, json, message) => {
    expect(() => read(json)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(message) }));
  });
});
