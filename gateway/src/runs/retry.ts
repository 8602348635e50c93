import type { Outcome } from './outcome.ts';

/** How often and how soon a run tries again. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly baseSeconds: number;
  readonly maxSeconds: number;
}

/** Whether another attempt is due after `attempts` of them, given what the earlier ones ended with. */
export function mayRetry(outcome: Outcome, earlierCodes: readonly string[], attempts: number, policy: RetryPolicy): boolean {
  if (outcome.ok || outcome.retry === 'no' || attempts >= policy.maxAttempts) return false;
  return outcome.retry === 'yes' || !earlierCodes.includes(outcome.code);
}

/**
 * Seconds to wait before the next attempt: exponential, between half and all of the full pause, so that runs that failed together
 * don't come back together. `random` is from 0 to 1.
 */
export function pauseSeconds(attempts: number, policy: RetryPolicy, random: number): number {
  const full = Math.min(policy.maxSeconds, policy.baseSeconds * 2 ** (attempts - 1));
  return full * (0.5 + random / 2);
}
