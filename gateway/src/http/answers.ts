import type { Manifest } from '@esclusa/contract';
import type { AttemptReport, EndedRun } from '../ledger/entries.ts';
import type { Problem } from './problem.ts';
import type { Success } from './schemas.ts';

/** Where a run's log is found. */
export function logsUrl(run: string): string {
  return `/api/runs/${run}/logs`;
}

/** Each dataset with its file, in the seed's words. */
export function resultOf(manifest: Manifest): Success['result'] {
  return Object.fromEntries(Object.entries(manifest.datasets).map(([name, { url, rows, bytes, sha256 }]) => [name, { url, registros: rows, bytes, sha256 }]));
}

/** The container of the last attempt, where it is kept. */
export function containerOf(attempts: readonly AttemptReport[]): { container?: string } {
  const container = attempts.at(-1)?.container;
  return container === undefined ? {} : { container };
}

/** A run that failed, as a problem. */
export function failureOf(ended: EndedRun): Problem {
  const { code = 'INTERNAL', message = 'the run failed', details } = ended.error ?? {};
  return {
    code,
    detail: message,
    members: {
      run: ended.run,
      database: ended.job,
      pipeline: ended.pipeline,
      ...(details === undefined ? {} : { details }),
      attempts: ended.attempts,
      log: ended.logTail,
      logs: logsUrl(ended.run),
      ...containerOf(ended.attempts),
    },
  };
}
