import { JobError } from '@esclusa/contract';
import type { Bucket, Credentials } from './bucket.ts';
import { type SessionScope, sessionPolicy } from './session-policy.ts';

/** Identity of jobs on S3: a key pair of their own, a role that is assumed for each attempt, or the gateway's own. */
export type JobIdentity =
  | { readonly kind: 'static'; readonly credentials: Credentials }
  | { readonly kind: 'role'; readonly arn: string; readonly maxSeconds: number; readonly region: string; readonly endpoint: string | undefined }
  | { readonly kind: 'gateway' };

/** An attempt that is to be given credentials. */
export interface CredentialsScope extends Omit<SessionScope, 'bucket'> {
  readonly run: string;
  readonly attempt: number;
  /** How long it may take. */
  readonly seconds: number;
}

// STS gives none that is shorter.
const SHORTEST_SECONDS = 900;
const GRACE_SECONDS = 60;

/** The S3 credentials that attempts are given. */
export class JobCredentials {
  readonly #bucket: Bucket;
  readonly #identity: JobIdentity;

  constructor(bucket: Bucket, identity: JobIdentity) {
    this.#bucket = bucket;
    this.#identity = identity;
  }

  /** Lists the harm that a job could do once somebody has taken it over, in sentences; empty where it can do only its job. */
  warnings(isSealed: boolean): string[] {
    if (this.#identity.kind !== 'gateway') {
      return isSealed
        ? []
        : ['LEDGER_KEY is not set: what lies in the ledger is believed by its place, so nobody but the gateway may write there (docs/security.md)'];
    }
    const more = isSealed ? 'delete what is in the ledger' : 'forge what this gateway acts upon (LEDGER_KEY is not set)';
    return [
      `jobs are given the gateway's own S3 credentials: one that is taken over can read, overwrite and delete everything in the bucket, and ${more}; give them JOB_AWS_ACCESS_KEY_ID and JOB_AWS_SECRET_ACCESS_KEY, or S3_JOB_ROLE (docs/security.md)`,
    ];
  }

  /** Credentials for an attempt, as they stand now. Rejects with S3 codes. */
  async of(scope: CredentialsScope): Promise<Credentials> {
    const identity = this.#identity;
    switch (identity.kind) {
      case 'gateway':
        return this.#bucket.credentials();
      case 'static':
        return identity.credentials;
      case 'role':
        return this.#session(identity, scope);
      default: {
        const never: never = identity;
        throw new Error(`unknown identity ${String(never)}`);
      }
    }
  }

  async #session({ arn, maxSeconds, region, endpoint }: Extract<JobIdentity, { kind: 'role' }>, scope: CredentialsScope): Promise<Credentials> {
    const { run, attempt, seconds } = scope;
    try {
      const policy = sessionPolicy({ ...scope, bucket: this.#bucket.name });
      // Only who asks for a role pays for it.
      const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
      const duration = Math.min(maxSeconds, Math.max(SHORTEST_SECONDS, Math.ceil(seconds) + GRACE_SECONDS));
      const { accessKeyId, secretAccessKey, sessionToken } = await this.#bucket.credentials();
      const own = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
      const assume = fromTemporaryCredentials({
        masterCredentials: own,
        params: { RoleArn: arn, RoleSessionName: `esclusa-${run.slice(0, 36)}-${attempt}`.slice(0, 64), DurationSeconds: duration, Policy: policy },
        clientConfig: { region, maxAttempts: 4, ...(endpoint === undefined ? {} : { endpoint }) },
      });
      return await assume();
    } catch (cause) {
      if (cause instanceof RangeError)
        throw new JobError('CONFIG_INVALID', `no session of ${arn} (S3_JOB_ROLE) can be kept to this attempt: ${cause.message}`, { cause });
      const { name = '', message = '', $metadata } = cause as { name?: string; message?: string; $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode ?? 0;
      const code = status >= 400 && status < 500 && status !== 429 ? 'S3_REFUSED' : 'S3_UNAVAILABLE';
      const mend = 'check S3_JOB_ROLE, STS_ENDPOINT, who the role lets assume it, and its longest session (S3_JOB_ROLE_SECONDS)';
      throw new JobError(code, `the role ${arn} could not be assumed for the job (${name}: ${message}); ${mend}`, { cause });
    }
  }
}
