import { setMaxListeners } from 'node:events';
import { JobError } from '@esclusa/contract';

/** The one signal that ends a job, and what raised it. */
export interface Stop {
  /** Aborted with a {@link JobError} as its reason; the first cause wins. */
  readonly signal: AbortSignal;
  abort(cause: JobError): void;
  /** Sets the clock: seconds allowed, counted from the start of the process. */
  limit(seconds: number): void;
  /** Sets the clock of the snapshot, which the source keeps from now on: seconds that it may. */
  limitSnapshot(seconds: number): void;
  /** The snapshot is needed no more. */
  snapshotDone(): void;
  dispose(): void;
}

// Node's timers hold 2^31-1 ms at most and fire at once beyond it.
const MAX_TIMER_MS = 2_147_483_647;

/** Listens for SIGTERM and SIGINT and, once told how long, for the end of the time allowed. */
export function createStop(): Stop {
  const controller = new AbortController();
  // Every S3 call listens to it; that many listeners are meant.
  setMaxListeners(0, controller.signal);
  const abort = (cause: JobError): void => controller.abort(cause);
  const onSignal = (name: NodeJS.Signals): void => abort(new JobError('STOPPED', `stopped by ${name}`));
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  let timer: NodeJS.Timeout | undefined;
  let snapshotTimer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    abort,
    limit(seconds) {
      clearTimeout(timer);
      const left = Math.min(seconds * 1000 - process.uptime() * 1000, MAX_TIMER_MS);
      const cause = new JobError('TIME_UP', `the time allowed (${seconds} s) is up; raise limits.timeAllowedSeconds of the pipeline`);
      timer = setTimeout(() => abort(cause), Math.max(0, left));
    },
    limitSnapshot(seconds) {
      const mend = 'raise limits.maxSnapshotAgeSeconds of the pipeline, or extract fewer or smaller datasets at once';
      const cause = new JobError('SNAPSHOT_TOO_OLD', `the source was held to its snapshot for ${seconds} s, which is all that it may be; ${mend}`);
      snapshotTimer = setTimeout(() => abort(cause), Math.min(seconds * 1000, MAX_TIMER_MS));
    },
    snapshotDone() {
      clearTimeout(snapshotTimer);
    },
    dispose() {
      clearTimeout(timer);
      clearTimeout(snapshotTimer);
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}
