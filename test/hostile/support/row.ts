import type { Stage } from './stage.ts';

/** Something hostile, and what must come of it. */
export interface Row {
  /** The hostile act, in words. */
  readonly name: string;
  /** Does it, and says in a few words what came of it: `502 JOB_CONTRACT_BROKEN`, `not run; told`. */
  readonly act: (stage: Stage) => Promise<string>;
  /** Expected words of `act`. */
  readonly answered: string | RegExp;
}

/** Result of a row. */
export interface Played {
  readonly name: string;
  readonly answered: string;
  readonly peakMiB: number;
  /** The slowest answer of `/health`, and the slowest that counts: without what the machine took, and one in ten; and its bound on a machine that is as busy. */
  readonly healthMs: { readonly max: number; readonly counts: number; readonly bound: number };
  readonly healthFailed: readonly string[];
  readonly honest: string;
  readonly alive: boolean;
  /** Resolves later: clearing away comes after the answer. */
  readonly left: Promise<readonly string[]>;
}
