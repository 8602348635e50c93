import { describe, expect, test } from '@jest/globals';
import { JobError, type JobRequest } from '@esclusa/contract';
import { z } from 'zod';
import { readDatasets, readRequest } from './request.ts';

const REQUEST: JobRequest = {
  version: 1,
  mode: 'run',
  run: 'r',
  attempt: 1,
  pipeline: 'p',
  datasets: { a: { table: 'x' }, b: {} },
  destination: { bucket: 'lago', keys: { a: 'a.csv', b: 'b.csv' }, commitKey: 'c.json' },
  timeAllowedSeconds: 60,
};
const datasetSchema = z.strictObject({ table: z.string().optional() });

/** What an action is refused with. */
function refusal(action: () => unknown): JobError {
  try {
    action();
  } catch (error) {
    if (error instanceof JobError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('readRequest', () => {
  test('gives the request of the environment', () => {
    expect(readRequest({ ESCLUSA_REQUEST: JSON.stringify(REQUEST) })).toEqual(REQUEST);
  });

  test.each([{}, { ESCLUSA_REQUEST: '' }])('finds none in %j, which is a run by hand', (environment) => {
    expect(readRequest(environment)).toBeUndefined();
  });

  test('refuses what is no JSON', () => {
    expect(refusal(() => readRequest({ ESCLUSA_REQUEST: '{"version":' }))).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('lists every problem with its path', () => {
    const { code, details } = refusal(() => readRequest({ ESCLUSA_REQUEST: JSON.stringify({ ...REQUEST, attempt: 0, mode: 'x' }) }));
    expect(code).toBe('REQUEST_INVALID');
    expect(details.problems).toEqual([expect.stringMatching(/^ESCLUSA_REQUEST\.mode: /), expect.stringMatching(/^ESCLUSA_REQUEST\.attempt: /)]);
  });
});

describe('readDatasets', () => {
  test("gives the datasets in the request's order, checked by the job's schema", () => {
    expect([...readDatasets(REQUEST, datasetSchema)]).toEqual([
      ['a', { table: 'x' }],
      ['b', {}],
    ]);
  });

  test('lists the problems of every dataset', () => {
    const request = { ...REQUEST, datasets: { a: { table: 1 }, b: {}, c: { tabel: 'x' } } };
    const { code, details } = refusal(() => readDatasets(request, datasetSchema));
    expect(code).toBe('REQUEST_INVALID');
    expect(details.problems).toEqual([expect.stringMatching(/^datasets\.a\.table: /), expect.stringMatching(/^datasets\.c: .*tabel/)]);
  });
});
