import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from './outcome.ts';
import { type RetryPolicy, mayRetry, pauseSeconds } from './retry.ts';

const POLICY: RetryPolicy = { maxAttempts: 4, baseSeconds: 2, maxSeconds: 60 };

function failure(retry: 'no' | 'once' | 'yes', code = 'X'): Outcome {
  return { ok: false, code, message: '', retry };
}

describe('another attempt', () => {
  test('never follows a success or a failure that will not pass', () => {
    expect(mayRetry({ ok: true, manifest: {} as never }, [], 1, POLICY)).toBe(false);
    expect(mayRetry(failure('no'), [], 1, POLICY)).toBe(false);
  });

  test('follows a failure that can pass, up to the bound', () => {
    expect([1, 2, 3, 4, 5].map((attempts) => mayRetry(failure('yes'), Array(attempts - 1).fill('X'), attempts, POLICY))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(mayRetry(failure('yes'), [], 1, { ...POLICY, maxAttempts: 1 })).toBe(false);
  });

  test('follows only once for a failure of one kind that rarely passes, other failures between them', () => {
    expect(mayRetry(failure('once', 'OOM'), [], 1, POLICY)).toBe(true);
    expect(mayRetry(failure('once', 'OOM'), ['LOST'], 2, POLICY)).toBe(true);
    expect(mayRetry(failure('once', 'OOM'), ['OOM'], 2, POLICY)).toBe(false);
    expect(mayRetry(failure('once', 'OOM'), ['OOM', 'LOST'], 3, POLICY)).toBe(false);
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
