/** Names of the environment variables that the contract itself defines; a job's own ones stand in its job.json. */
export const CONTRACT_ENV = {
  /** The request: one JSON document without secrets. Absent when a person runs the image by hand. */
  request: 'ESCLUSA_REQUEST',
  /** `stdin` when the secrets come as one JSON line on standard input. */
  secrets: 'ESCLUSA_SECRETS',
  /** Path of a mounted file that holds the secrets line. */
  secretsFile: 'ESCLUSA_SECRETS_FILE',
} as const;

/** S3 settings that every job is given beside its own variables; the names are those of AWS and of the seed. */
export const S3_ENV = {
  bucket: 'AWS_BUCKET_NAME',
  region: 'AWS_REGION',
  endpoint: 'S3_ENDPOINT',
  forcePathStyle: 'S3_FORCE_PATH_STYLE',
} as const;

/** S3 credentials; secret, so they travel in the secrets line and never in the container's environment. */
export const S3_SECRETS = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  sessionToken: 'AWS_SESSION_TOKEN',
} as const;

/** How long a job waits for its secrets on standard input before it gives up with exit status 75. */
export const SECRETS_WAIT_SECONDS = 30;

/** Upper bound of the secrets line, in bytes: what columns are compared with stands in it too. */
export const MAX_SECRETS_BYTES = 16 * 1024 * 1024;

/** Upper bound of one line on a job's stdout or stderr, in bytes; what is longer is cut by the reader. */
export const MAX_LINE_BYTES = 1024 * 1024;
