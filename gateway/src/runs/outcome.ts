import { EXIT, type JobFinal, type Manifest } from '@esclusa/contract';
import type { AttemptExit } from '../engine/engine.ts';
import type { Decision } from '../ledger/decisions.ts';

/** Why we stopped a container ourselves. */
export type OwnStop = 'cancelled' | 'time-up';

/** All that is known of an ended attempt. */
export interface Ended {
  /** The decision at the commit key; undefined for modes that publish nothing. */
  readonly commit: Decision | undefined;
  readonly ownStop: OwnStop | undefined;
  readonly final: JobFinal | undefined;
  readonly exit: AttemptExit;
  /** Highest memory use that the job reported, in bytes. */
  readonly memoryPeakBytes: number | undefined;
  readonly memoryLimitMiB: number;
  /** Its result line was longer than any may be, and so is lost. */
  readonly resultCut?: boolean | undefined;
}

/** What came of an attempt: success with its manifest, or a failure with a code, a sentence, and whether another attempt may help. */
export type Outcome =
  | { readonly ok: true; readonly manifest: Manifest }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly retry: 'no' | 'once' | 'yes';
      readonly details?: Readonly<Record<string, unknown>>;
    };

/** Outcome that is no success. */
export type Failure = Extract<Outcome, { ok: false }>;

const MiB = 1024 * 1024;
// The killer strikes at the limit; a peak this close to it is evidence, a lower one is not.
const NEAR_LIMIT = 0.95;
// 128 + SIGHUP, SIGINT, SIGKILL, SIGTERM: somebody ended the process from outside.
const KILLED_FROM_OUTSIDE = new Set([129, 130, 137, EXIT.stopped]);
const TRY_AGAIN: readonly number[] = [EXIT.unavailable, EXIT.tryAgain];
const KNOWN_FAILURES: readonly number[] = Object.values(EXIT).filter((status) => status !== EXIT.done && status !== EXIT.stopped);

/**
 * Decides what came of an attempt; pure. In this order: the commit key, our own stop, a commit key with what it must not have, the job's error line,
 * the exit status, evidence of the out-of-memory killer, a kill that was not ours, a broken contract.
 */
export function decideOutcome(ended: Ended): Outcome {
  if (ended.commit?.state === 'committed') return { ok: true, manifest: ended.commit.manifest };
  return ownStop(ended) ?? brokenCommit(ended) ?? errorLine(ended) ?? exitStatus(ended) ?? outOfMemory(ended) ?? interrupted(ended) ?? contractBroken(ended);
}

/** A job in another network than its source fails like one whose source is down; only the engine can say where it was. */
export function explain(outcome: Outcome, surroundings: string | undefined): Outcome {
  if (outcome.ok || outcome.code !== 'SOURCE_UNREACHABLE' || surroundings === undefined) return outcome;
  return { ...outcome, message: `${outcome.message}; ${surroundings}` };
}

function ownStop({ ownStop: stop }: Ended): Failure | undefined {
  if (stop === 'cancelled') return { ok: false, code: 'JOB_CANCELLED', message: 'the run was cancelled', retry: 'no' };
  if (stop === 'time-up') return timeUp('the job did not end within its time and was stopped');
  return undefined;
}

function brokenCommit({ commit }: Ended): Failure | undefined {
  if (commit?.state !== 'broken') return undefined;
  return { ok: false, code: 'JOB_CONTRACT_BROKEN', message: `the job broke its contract: ${commit.why}; nothing of it is published`, retry: 'no' };
}

function errorLine({ final }: Ended): Failure | undefined {
  if (final?.type !== 'error') return undefined;
  if (final.code === 'TIME_UP') return timeUp(final.message);
  // It obeyed a SIGTERM that we did not send.
  if (final.code === 'STOPPED') return { ok: false, code: 'JOB_INTERRUPTED', message: 'the job was stopped from outside', retry: 'yes' };
  const { message, retryable, details } = final;
  // INTERNAL tells callers of a fault in the gateway; only the gateway says that of itself.
  const code = final.code === 'INTERNAL' ? 'JOB_FAILED' : final.code;
  return { ok: false, code, message, retry: retryable ? 'yes' : 'no', ...(details === undefined ? {} : { details }) };
}

function exitStatus({ exit }: Ended): Failure | undefined {
  if (exit.engineError !== undefined) return { ok: false, code: 'ENGINE_FAILED', message: exit.engineError, retry: 'no' };
  if (exit.status === undefined || !KNOWN_FAILURES.includes(exit.status)) return undefined;
  const retry = TRY_AGAIN.includes(exit.status) ? 'yes' : 'no';
  return { ok: false, code: 'JOB_FAILED', message: `the job ended with status ${exit.status} and said no more`, retry, details: { exitStatus: exit.status } };
}

function outOfMemory({ exit, memoryPeakBytes, memoryLimitMiB }: Ended): Failure | undefined {
  // No more than the limit can have been used, whatever a job says.
  const peak = Math.min(Math.max(exit.memoryPeakBytes ?? 0, memoryPeakBytes ?? 0), memoryLimitMiB * MiB);
  const nearLimit = exit.status === 137 && peak >= memoryLimitMiB * MiB * NEAR_LIMIT;
  if (!exit.oomKilled && !nearLimit) return undefined;
  const seen = peak > 0 ? ` (peak ${Math.round(peak / MiB)} MiB)` : '';
  return {
    ok: false,
    code: 'JOB_OUT_OF_MEMORY',
    retry: 'once',
    message: `the job was killed for its memory${seen} at a limit of ${memoryLimitMiB} MiB; raise limits.memoryMiB of the pipeline`,
    details: {
      memoryLimitMiB,
      ...(peak > 0 ? { memoryPeakMiB: Math.round(peak / MiB) } : {}),
    },
  };
}

function interrupted({ exit }: Ended): Failure | undefined {
  if (exit.status === undefined) {
    return { ok: false, code: 'JOB_INTERRUPTED', message: 'the container vanished before it could be asked how it ended', retry: 'yes' };
  }
  if (!KILLED_FROM_OUTSIDE.has(exit.status)) return undefined;
  return { ok: false, code: 'JOB_INTERRUPTED', message: `the job was killed from outside (status ${exit.status})`, retry: 'yes' };
}

function contractBroken({ exit, final, resultCut }: Ended): Failure {
  const how =
    exit.status === EXIT.done
      ? resultCut === true
        ? 'ended with a result line that is too long to be read: 256 KiB of a run, 2 MiB of a check or plan'
        : final === undefined
          ? 'ended with status 0 and without a result line'
          : 'said that it had succeeded, but there is no manifest at the commit key'
      : `ended with status ${exit.status} and without an error line`;
  return { ok: false, code: 'JOB_CONTRACT_BROKEN', message: `the job ${how}; see the last lines of its log`, retry: 'no' };
}

function timeUp(message: string): Failure {
  return { ok: false, code: 'JOB_TIME_UP', message, retry: 'no' };
}
