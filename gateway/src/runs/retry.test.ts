import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from './outcome.ts';
import { type RetryPolicy, pauseSeconds, whatNext } from './retry.ts';

const POLICY: RetryPolicy = { maxAttempts: 4, baseSeconds: 2, maxSeconds: 60 };

function failure(retry: 'no' | 'once' | 'yes', code = 'X'): Extract<Outcome, { ok: false }> {
  return { ok: false, code, message: '', retry };
}

const yes = (): boolean => true;

describe('what follows a failed attempt', () => {
  test('is the end, where the failure will not pass', () => {
    expect(whatNext(failure('no'), [], 1, POLICY, yes)).toBe('fail');
  });

  test('is another one, where it can pass, up to the bound', () => {
    expect([1, 2, 3, 4, 5].map((attempts) => whatNext(failure('yes'), Array(attempts - 1).fill('X'), attempts, POLICY, yes))).toEqual([
      'retry',
      'retry',
      'retry',
      'fail',
      'fail',
    ]);
    expect(whatNext(failure('yes'), [], 1, { ...POLICY, maxAttempts: 1 }, yes)).toBe('fail');
  });

  test('is another one only once for a failure of one kind that rarely passes, other failures between them', () => {
    expect(whatNext(failure('once', 'OOM'), [], 1, POLICY, yes)).toBe('retry');
    expect(whatNext(failure('once', 'OOM'), ['LOST'], 2, POLICY, yes)).toBe('retry');
    expect(whatNext(failure('once', 'OOM'), ['OOM'], 2, POLICY, yes)).toBe('fail');
    expect(whatNext(failure('once', 'OOM'), ['OOM', 'LOST'], 3, POLICY, yes)).toBe('fail');
  });

  test('is the end of a cancelled run', () => {
    expect(whatNext(failure('yes', 'JOB_CANCELLED'), [], 1, POLICY, yes)).toBe('cancel');
  });

  test("takes from the source's budget only when another attempt is due, and says when that is used up", () => {
    const asked: string[] = [];
    const budget = (): boolean => asked.push('asked') < 2;
    expect(whatNext(failure('no'), [], 1, POLICY, budget)).toBe('fail');
    expect(whatNext(failure('yes'), [], 4, POLICY, budget)).toBe('fail');
    expect(asked).toEqual([]);
    expect(whatNext(failure('yes'), [], 1, POLICY, budget)).toBe('retry');
    expect(whatNext(failure('yes'), [], 2, POLICY, budget)).toBe('budget');
  });
});

describe('the pause before it', () => {
  const policies = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 100 }),
    baseSeconds: fc.double({ min: 0.01, max: 600, noNaN: true }),
    maxSeconds: fc.double({ min: 0.01, max: 3600, noNaN: true }),
  });
  const random = fc.double({ min: 0, max: 1, noNaN: true });

  test('lies between half of the full pause and all of it, and never above the longest', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), random, (policy, attempts, chance) => {
        const full = Math.min(policy.maxSeconds, policy.baseSeconds * 2 ** (attempts - 1));
        const pause = pauseSeconds(attempts, policy, chance);
        expect(pause).toBeGreaterThanOrEqual(full / 2);
        expect(pause).toBeLessThanOrEqual(full);
        expect(pause).toBeLessThanOrEqual(policy.maxSeconds);
      }),
    );
  });

  test('doubles until it is the longest', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((attempts) => pauseSeconds(attempts, POLICY, 1))).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('differs by chance, so that runs which failed together do not come back together', () => {
    expect(pauseSeconds(3, POLICY, 0)).toBe(4);
    expect(pauseSeconds(3, POLICY, 0.5)).toBe(6);
  });
});
