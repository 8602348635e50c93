// The gateway's own S3 credentials where files give them; those in plain variables are found by AWS's chain itself.

/** S3 credentials of which at least one part came from a file. */
export interface FileCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

type Variables = Readonly<Record<string, string>>;

const KEY_PAIR = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
const CREDENTIALS = [...KEY_PAIR, 'AWS_SESSION_TOKEN'] as const;

/** AWS's chain takes no half of a pair for an error: it looks elsewhere, and finds an identity that nobody meant. */
export function credentialProblems(given: Variables, filled: Variables, paths: ReadonlyMap<string, string>): string[] {
  const fromFile = CREDENTIALS.find((name) => paths.has(name));
  if (fromFile === undefined) return [];
  const missing = KEY_PAIR.filter((name) => filled[name] === undefined && given[`${name}_FILE`] === undefined);
  return [
    ...missing.map((name) => `${name}: is not set, but ${fromFile}_FILE is`),
    ...(filled['AWS_PROFILE'] === undefined ? [] : [`AWS_PROFILE: is set, and ${fromFile}_FILE too: keep one`]),
  ];
}

/** Undefined where no file gave any of them. */
export function fileCredentials(filled: Variables, paths: ReadonlyMap<string, string>): FileCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = filled;
  if (accessKeyId === undefined || secretAccessKey === undefined || !CREDENTIALS.some((name) => paths.has(name))) return undefined;
  return Object.freeze({ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });
}
