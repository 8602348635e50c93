import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { JobError, S3_ENV, S3_SECRETS, s3FailureCode, s3FailureMessage } from '@esclusa/contract';
import type { Settings } from '../job.ts';

const CONNECT_TIMEOUT_MS = 5_000;
// A whole part of 32 MiB must fit in, also on a slow line.
const REQUEST_TIMEOUT_MS = 120_000;
// With the SDK's pauses some six seconds: an S3 that starts again should not cost what an hour has extracted.
const MAX_ATTEMPTS = 9;

/** The S3 client that a job's settings ask for; without credentials among them AWS's default chain (`~/.aws`, role) is used. */
export function createS3Client(settings: Settings): S3Client {
  const endpoint = settings[S3_ENV.endpoint];
  const accessKeyId = settings[S3_SECRETS.accessKeyId];
  const secretAccessKey = settings[S3_SECRETS.secretAccessKey];
  const sessionToken = settings[S3_SECRETS.sessionToken];
  const config: S3ClientConfig = {
    region: settings[S3_ENV.region] ?? 'us-east-1',
    forcePathStyle: pathStyle(settings[S3_ENV.forcePathStyle], endpoint),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
  };
  if (endpoint !== undefined && endpoint !== '') config.endpoint = endpoint;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    config.credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  const client = new S3Client(config);
  // S3 checks a part by its CRC-32; the SHA-256 that a signature would have of it is a second pass over every byte. The file's own SHA-256 is in the
  // manifest, whose PUT is signed whole.
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { headers } = args.request as { readonly headers: Record<string, string> };
        if (commandName === 'UploadPartCommand') headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
        return next(args);
      },
    { step: 'build', name: 'partsUnsigned' },
  );
  return client;
}

function pathStyle(value: string | undefined, endpoint: string | undefined): boolean {
  if (value === undefined || value === '') return endpoint !== undefined && endpoint !== '';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new JobError('CONFIG_INVALID', `${S3_ENV.forcePathStyle} is "${value}"; it knows "true" and "false"`);
}

/** Runs an S3 call and turns its failure into a {@link JobError} whose sentence says what was being done. */
export async function onS3<T>(doing: string, bucket: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof JobError) throw cause;
    const code = s3FailureCode(cause);
    throw new JobError(code, s3FailureMessage(code, doing, bucket, cause), { cause });
  }
}
