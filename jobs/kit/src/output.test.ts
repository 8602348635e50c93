import { describe, expect, test } from '@jest/globals';
import { JobError, errorSchema } from '@esclusa/contract';
import { errorLine, toJobError } from './output.ts';

describe("a job's error line", () => {
  test('says code, sentence and whether to try again', () => {
    expect(errorLine(new JobError('SOURCE_LOST', 'gone'))).toEqual({ type: 'error', code: 'SOURCE_LOST', message: 'gone', retryable: true });
  });

  test('bears the details when there are some', () => {
    expect(errorLine(new JobError('DATASET_NOT_FOUND', 'no', { details: { dataset: 'x' } })).details).toEqual({ dataset: 'x' });
  });

  test.each([new TypeError('x is not a function'), 'x is not a function'])('calls what nobody foresaw a bug: %s', (thrown) => {
    const line = errorLine(thrown);
    expect(line).toEqual({ type: 'error', code: 'INTERNAL', message: expect.stringContaining('x is not a function'), retryable: false });
    expect(errorSchema.parse(line)).toEqual(line);
  });

  test('knows a full scratch space', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(errorLine(full)).toMatchObject({ code: 'SCRATCH_FULL', message: expect.stringContaining('limits.scratchMiB'), retryable: false });
  });

  test('keeps what was thrown as the cause', () => {
    const thrown = new RangeError('out');
    expect(toJobError(thrown).cause).toBe(thrown);
  });
});
