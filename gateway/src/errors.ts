/**
 * Codes of the gateway's own failures; a job's codes stand in the contract. Closed list: http/status.ts gives each its HTTP status.
 */
export const GATEWAY_ERRORS = [
  'BODY_INVALID',
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'REQUEST_MALFORMED',
  'REQUEST_TIMED_OUT',
  'HEADERS_TOO_LARGE',
  'UNAUTHORIZED',
  'ORIGIN_NOT_ALLOWED',
  'HOST_NOT_ALLOWED',
  'PIPELINE_NOT_FOUND',
  'PIPELINE_INVALID',
  'PIPELINE_NOT_CONFIGURED',
  'RUN_NOT_FOUND',
  'ROUTE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'WAITING_ROOM_FULL',
  'TOO_MANY_REQUESTS',
  'PIPELINE_BUSY',
  'PIPELINE_CHANGED',
  'IDEMPOTENCY_KEY_REUSED',
  'RUN_ENDED',
  'STATE_CLAIMED',
  'STATES_TOO_LARGE',
  'LEDGER_UNTRUSTED',
  'S3_NOT_CONDITIONAL',
  'SHUTTING_DOWN',
  'ENGINE_UNREACHABLE',
  'ENGINE_FAILED',
  'IMAGE_MISSING',
  'IMAGE_INVALID',
  'NETWORK_MISSING',
  'NOT_SUPPORTED',
  'JOB_TIME_UP',
  'JOB_CANCELLED',
  'JOB_OUT_OF_MEMORY',
  'JOB_INTERRUPTED',
  'JOB_CONTRACT_BROKEN',
  'JOB_FAILED',
  'OUTCOME_UNKNOWN',
  'INTERNAL',
] as const;
export type GatewayErrorCode = (typeof GATEWAY_ERRORS)[number];

/** A failure of the gateway that its caller is told: code, sentence, and the field it is about. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: GatewayErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
