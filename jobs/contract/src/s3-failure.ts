import type { JobErrorCode } from './errors.ts';

/** What the S3 client's errors have in common, as far as deciding needs it. */
interface S3Failure {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined;
}

const TOKEN_EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired']);
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);

/**
 * The contract's code for a failed S3 call; names after the S3 API's error responses
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). What is no answer of S3 counts as S3 unavailable.
 */
export function s3FailureCode(error: unknown): JobErrorCode {
  const failure = (typeof error === 'object' && error !== null ? error : {}) as S3Failure;
  const name = typeof failure.name === 'string' ? failure.name : '';
  const status = failure.$metadata?.httpStatusCode;
  if (name === 'NoSuchBucket') return 'BUCKET_NOT_FOUND';
  // Somebody aborted the upload: the gateway's sweep, or a lifecycle rule.
  if (name === 'NoSuchUpload') return 'ATTEMPT_ABORTED';
  if (TOKEN_EXPIRED.has(name)) return 'S3_TOKEN_EXPIRED';
  if (NO_CREDENTIALS.has(name)) return 'S3_REFUSED';
  if (status === undefined || status >= 500 || status === 408 || status === 429) return 'S3_UNAVAILABLE';
  if (status === 401 || status === 403) return 'S3_REFUSED';
  return 'INTERNAL';
}

/** The sentence that goes with {@link s3FailureCode}: what happened and what mends it. */
export function s3FailureMessage(code: JobErrorCode, doing: string, bucket: string, error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  switch (code) {
    case 'BUCKET_NOT_FOUND':
      return `the bucket "${bucket}" does not exist (${doing}); create it or correct AWS_BUCKET_NAME`;
    case 'S3_REFUSED':
      return `S3 refused the credentials for the bucket "${bucket}" (${doing}; ${said}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or ~/.aws, and the policy`;
    case 'S3_TOKEN_EXPIRED':
      return `the S3 session token has expired (${doing}); renew the credentials`;
    case 'S3_UNAVAILABLE':
      return `S3 can't be reached or is failing (${doing}; ${said}); check S3_ENDPOINT, AWS_REGION and the network`;
    case 'ATTEMPT_ABORTED':
      return `the upload was aborted by somebody else, a gateway that gave the attempt up or a lifecycle rule of the bucket (${doing})`;
    default:
      return `S3 answered unexpectedly (${doing}; ${said})`;
  }
}
