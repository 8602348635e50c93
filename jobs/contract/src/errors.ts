import { EXIT, type ExitStatus } from './exit-status.ts';

interface ErrorRule {
  readonly exit: ExitStatus;
  readonly retryable: boolean;
}

/**
 * Every error code a job may report, with its exit status and whether another attempt can help.
 * The list is closed: a new failure either fits one of these or gets a line here and in docs/errors.md.
 */
export const JOB_ERRORS = {
  REQUEST_INVALID: { exit: EXIT.badRequest, retryable: false },
  QUERY_INVALID: { exit: EXIT.badRequest, retryable: false },
  QUERY_FAILED: { exit: EXIT.badData, retryable: false },
  VALUE_LOSSY: { exit: EXIT.badData, retryable: false },
  STATE_INVALID: { exit: EXIT.badRequest, retryable: false },
  SCHEMA_CHANGED: { exit: EXIT.badData, retryable: false },
  DATASET_NOT_FOUND: { exit: EXIT.datasetMissing, retryable: false },
  COLUMN_NOT_FOUND: { exit: EXIT.datasetMissing, retryable: false },
  SOURCE_UNREACHABLE: { exit: EXIT.unavailable, retryable: true },
  SOURCE_LOST: { exit: EXIT.unavailable, retryable: true },
  S3_UNAVAILABLE: { exit: EXIT.unavailable, retryable: true },
  INTERNAL: { exit: EXIT.bug, retryable: false },
  SECRETS_MISSING: { exit: EXIT.tryAgain, retryable: true },
  SNAPSHOT_EXPIRED: { exit: EXIT.tryAgain, retryable: true },
  S3_TOKEN_EXPIRED: { exit: EXIT.tryAgain, retryable: true },
  OUTPUT_EXISTS: { exit: EXIT.tryAgain, retryable: true },
  SOURCE_REFUSED: { exit: EXIT.refused, retryable: false },
  S3_REFUSED: { exit: EXIT.refused, retryable: false },
  BUCKET_NOT_FOUND: { exit: EXIT.badConfiguration, retryable: false },
  CONFIG_INVALID: { exit: EXIT.badConfiguration, retryable: false },
  SCRATCH_FULL: { exit: EXIT.badConfiguration, retryable: false },
  TIME_UP: { exit: EXIT.stopped, retryable: false },
  SNAPSHOT_TOO_OLD: { exit: EXIT.stopped, retryable: false },
  STOPPED: { exit: EXIT.stopped, retryable: false },
  ATTEMPT_ABORTED: { exit: EXIT.tryAgain, retryable: true },
} as const satisfies Record<string, ErrorRule>;

/** One of the codes of {@link JOB_ERRORS}. */
export type JobErrorCode = keyof typeof JOB_ERRORS;

/** The rule of a code, widened so that it can be read without knowing which code it is. */
export function jobErrorRule(code: JobErrorCode): ErrorRule {
  return JOB_ERRORS[code];
}

/** True when `code` stands in the closed list. */
export function isJobErrorCode(code: string): code is JobErrorCode {
  return Object.hasOwn(JOB_ERRORS, code);
}

/** A failure with a code of the contract, a sentence for people, and, where one is known, the field or dataset it is about. */
export class JobError extends Error {
  readonly code: JobErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: JobErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobError';
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The exit status that the job ends with because of this error. */
  get exit(): ExitStatus {
    return jobErrorRule(this.code).exit;
  }

  /** Whether another attempt can help. */
  get retryable(): boolean {
    return jobErrorRule(this.code).retryable;
  }
}
