import type { Outcome } from './outcome.ts';

/** How often and how soon a run tries again. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly baseSeconds: number;
  readonly maxSeconds: number;
}

/** What a failed attempt leads to; `budget`: another one was due, but its source has used up its retries. */
export type Next = 'retry' | 'fail' | 'cancel' | 'budget';

/**
 * What follows attempt number `attempts`, given what the earlier ones ended with. `mayRetry` takes a retry from the source's budget;
 * it is asked only when a retry is due.
 */
export function whatNext(
  outcome: Extract<Outcome, { ok: false }>,
  earlierCodes: readonly string[],
  attempts: number,
  policy: RetryPolicy,
  mayRetry: () => boolean,
): Next {
  if (outcome.code === 'JOB_CANCELLED') return 'cancel';
  if (outcome.retry === 'no' || attempts >= policy.maxAttempts) return 'fail';
  if (outcome.retry === 'once' && earlierCodes.includes(outcome.code)) return 'fail';
  return mayRetry() ? 'retry' : 'budget';
}

/**
 * Seconds to wait before the next attempt: exponential, between half and all of the full pause, so that runs that failed together
 * don't come back together. `random` is from 0 to 1.
 */
export function pauseSeconds(attempts: number, policy: RetryPolicy, random: number): number {
  const full = Math.min(policy.maxSeconds, policy.baseSeconds * 2 ** (attempts - 1));
  return full * (0.5 + random / 2);
}
