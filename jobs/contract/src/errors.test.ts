import { describe, expect, test } from '@jest/globals';
import { JOB_ERRORS, JobError, type JobErrorCode, isJobErrorCode, jobErrorRule } from './errors.ts';
import { EXIT } from './exit-status.ts';
import { errorSchema } from './messages.ts';

const CODES = Object.keys(JOB_ERRORS) as JobErrorCode[];

describe('the table of job errors', () => {
  test.each(CODES)('%s has an exit status of the contract that is no success', (code) => {
    const failures: number[] = Object.values(EXIT).filter((status) => status !== EXIT.done);
    expect(failures).toContain(jobErrorRule(code).exit);
  });

  // A gateway that lost the error line goes by the status alone, and must come to the same.
  test.each(CODES)('%s is worth another attempt exactly when its exit status says so', (code) => {
    const { exit, retryable } = jobErrorRule(code);
    expect(exit === EXIT.unavailable || exit === EXIT.tryAgain).toBe(retryable);
  });

  test.each(CODES)('%s is a code that an error line may bear', (code) => {
    const { retryable } = new JobError(code, 'x');
    expect(errorSchema.safeParse({ type: 'error', code, message: 'x', retryable }).success).toBe(true);
  });

  test('gives a failure for every exit status of the contract', () => {
    const used = new Set<number>(CODES.map((code) => jobErrorRule(code).exit));
    expect(Object.values(EXIT).filter((status) => !used.has(status))).toEqual([EXIT.done]);
  });

  test('knows its own codes and no other, names that every object has included', () => {
    expect(CODES.every(isJobErrorCode)).toBe(true);
    expect(['', 'constructor', '__proto__', 'toString', 'internal', 'ZETA'].filter(isJobErrorCode)).toEqual([]);
  });
});

describe('a JobError', () => {
  test('carries code, cause and details, and takes exit status and retry from the table', () => {
    const cause = new Error('connection reset');
    const error = new JobError('SOURCE_LOST', 'gone', { cause, details: { dataset: 'productos' } });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'SOURCE_LOST', message: 'gone', cause, details: { dataset: 'productos' }, exit: EXIT.unavailable, retryable: true });
  });

  test('has empty details and no cause when none are given', () => {
    const error = new JobError('INTERNAL', 'bug');
    expect(error.details).toEqual({});
    expect('cause' in error).toBe(false);
  });
});
