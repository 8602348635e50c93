import type { JobErrorLine, JobLog, JobProgress, JobResult } from '@esclusa/contract';
import { JobError } from '@esclusa/contract';
import { Sayable } from './sayable.ts';

/** Everything a job says: logs and progress on stderr, the one final line on stdout. */
export interface JobOutput {
  log(level: JobLog['level'], message: string, fields?: Record<string, unknown>): void;
  progress(progress: Omit<JobProgress, 'type'>): void;
  final(line: JobResult | JobErrorLine): Promise<void>;
  /** Secrets that no log and no error tells from now on: a server may well say what it was sent. */
  hide?(secrets: Iterable<string>): void;
}

/** Output to this process's own stdout and stderr. */
export function processOutput(): JobOutput {
  const sayable = new Sayable();
  return {
    hide: (secrets) => sayable.hide(secrets),
    log: (level, message, fields = {}) =>
      stderr({ ...sayable.fields(fields), type: 'log', level, time: new Date().toISOString(), message: sayable.text(message) }),
    progress: (progress) => stderr({ type: 'progress', ...progress }),
    // A leading line end parts the line from anything that a library may have printed without one.
    final: (line) => {
      const said = line.type === 'error' ? saidError(line, sayable) : line;
      return new Promise((resolve) => process.stdout.write(`\n${JSON.stringify(said)}\n`, () => resolve()));
    },
  };
}

function saidError({ message, details, ...line }: JobErrorLine, sayable: Sayable): JobErrorLine {
  return { ...line, message: sayable.text(message), ...(details === undefined ? {} : { details: sayable.fields(details) }) };
}

function stderr(line: object): void {
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

/** The error line of a failure; what is no {@link JobError} is a bug of ours and says so. */
export function errorLine(error: unknown): JobErrorLine {
  const known = toJobError(error);
  return {
    type: 'error',
    code: known.code,
    message: known.message,
    retryable: known.retryable,
    ...(Object.keys(known.details).length > 0 ? { details: { ...known.details } } : {}),
  };
}

/** Wraps anything thrown into a {@link JobError}; the only disk that a job may write to is its scratch space. */
export function toJobError(error: unknown): JobError {
  if (error instanceof JobError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if ((error as NodeJS.ErrnoException | null)?.code === 'ENOSPC') {
    return new JobError('SCRATCH_FULL', `the job's scratch space is full (${message}); raise limits.scratchMiB of the pipeline or the job`, { cause: error });
  }
  return new JobError('INTERNAL', `unexpected failure in the job: ${message}`, { cause: error });
}
