import type { JobErrorCode } from '@esclusa/contract';
import type { GatewayErrorCode } from '../errors.ts';

/**
 * The HTTP status of every code, ours and the jobs'; every status that the gateway answers with stands in this file.
 * 503 says "the same request may work later", 502 "what stands behind us failed, and trying again won't help by itself".
 */
export const STATUS: Readonly<Record<GatewayErrorCode | JobErrorCode, number>> = {
  BODY_INVALID: 400,
  REQUEST_MALFORMED: 400,
  UNAUTHORIZED: 401,
  ORIGIN_NOT_ALLOWED: 403,
  PIPELINE_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMED_OUT: 408,
  PIPELINE_BUSY: 409,
  PIPELINE_CHANGED: 409,
  RUN_ENDED: 409,
  STATE_CLAIMED: 409,
  STATES_TOO_LARGE: 409,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  HOST_NOT_ALLOWED: 421,
  IDEMPOTENCY_KEY_REUSED: 422,
  WAITING_ROOM_FULL: 429,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  PIPELINE_INVALID: 503,
  PIPELINE_NOT_CONFIGURED: 503,
  SHUTTING_DOWN: 503,
  ENGINE_UNREACHABLE: 503,
  IMAGE_MISSING: 503,
  IMAGE_INVALID: 503,
  NETWORK_MISSING: 503,
  OUTCOME_UNKNOWN: 503,
  ENGINE_FAILED: 502,
  LEDGER_UNTRUSTED: 502,
  S3_NOT_CONDITIONAL: 502,
  NOT_SUPPORTED: 501,
  INTERNAL: 500,

  JOB_TIME_UP: 504,
  TIME_UP: 504,
  SNAPSHOT_TOO_OLD: 504,
  JOB_CANCELLED: 409,
  JOB_OUT_OF_MEMORY: 502,
  JOB_INTERRUPTED: 502,
  JOB_CONTRACT_BROKEN: 502,
  JOB_FAILED: 502,

  REQUEST_INVALID: 502,
  QUERY_INVALID: 502,
  QUERY_FAILED: 502,
  VALUE_LOSSY: 502,
  STATE_INVALID: 502,
  SCHEMA_CHANGED: 502,
  DATASET_NOT_FOUND: 502,
  COLUMN_NOT_FOUND: 502,
  SOURCE_REFUSED: 502,
  S3_REFUSED: 502,
  BUCKET_NOT_FOUND: 502,
  CONFIG_INVALID: 502,
  SCRATCH_FULL: 502,
  OUTPUT_EXISTS: 503,
  SOURCE_UNREACHABLE: 503,
  SOURCE_LOST: 503,
  S3_UNAVAILABLE: 503,
  SECRETS_MISSING: 503,
  SNAPSHOT_EXPIRED: 503,
  S3_TOKEN_EXPIRED: 503,
  STOPPED: 502,
  ATTEMPT_ABORTED: 503,
};

/** Status of a run that goes on: the answer says where it is to be asked for. */
export const ACCEPTED = 202;
/** Status when a caller has the newest version already. */
export const NOT_MODIFIED = 304;
/** Status of an answer without a body. */
export const NO_CONTENT = 204;
/** Status of a healthy answer to a health question. */
export const HEALTHY = 200;
/** Status when something that runs need is missing; the body says what. */
export const UNHEALTHY = 503;

/** A job in another language may have codes of its own: it failed behind us, which is all that we know. */
export const UNKNOWN_JOB_CODE = 502;

/** The status for a code, of the closed lists or of a job that knows more. */
export function statusOf(code: string): number {
  return Object.hasOwn(STATUS, code) ? STATUS[code as keyof typeof STATUS] : UNKNOWN_JOB_CODE;
}
