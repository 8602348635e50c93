import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

// X_FILE stands for X: values that come from files, so that they are in no `docker inspect`. Reads files, never the environment.

/** Largest file that a variable may be read from, in bytes. */
export const MAX_SECRET_BYTES = 64 * 1024;

/** Reads a whole file; throws an error with a `code` of Node's, or one whose message ends the sentence "<path> …". */
export type ReadSecret = (path: string) => Uint8Array;

/** Variables of which some come from files. */
export interface Filled {
  /** Without X_FILE where X was read from it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Path of each variable that was read from a file. */
  readonly paths: ReadonlyMap<string, string>;
  /** Problems by the variable that is to be mended, `<name>_FILE`; they never tell a file's content. */
  readonly problems: ReadonlyMap<string, string>;
}

/** The gateway's own names, and the reader of files, for {@link fillFromFiles}. */
export interface SecretNames {
  /** Variables of our own: their values have one line. */
  readonly own: ReadonlySet<string>;
  readonly read: ReadSecret;
}

const SUFFIX = '_FILE';
const NAME = /^[A-Z][A-Z0-9_]*_FILE$/;
/** Variables of AWS's chain that are values; its other names that end in _FILE are AWS's own settings. */
const AWS: ReadonlySet<string> = new Set(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);
// Settings of programs that share our environment, and of the contract (ESCLUSA_SECRETS_FILE): these files are no value of ours.
const OTHERS = /^(AWS|AZURE|CI|COMPOSE|CURL|DOCKER|ESCLUSA|GIT|GITHUB|NODE|OTEL|SSL|VSCODE)_/;
const KEEPS_OUT = 'the file keeps it out of `docker inspect`';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: `may not be read by this user (${process.getuid?.() ?? 'unknown'})`,
  EPERM: 'may not be read by this user',
  ELOOP: 'is a link that leads to itself',
};

/** Puts the contents of files in the place of the `X_FILE` that name them, all problems told at once. */
export function fillFromFiles(variables: Readonly<Record<string, string>>, { own, read }: SecretNames): Filled {
  const filled: Record<string, string> = { ...variables };
  const paths = new Map<string, string>();
  const problems = new Map<string, string>();
  for (const [pointer, path] of Object.entries(variables)) {
    const name = pointer.slice(0, -SUFFIX.length);
    if (!NAME.test(pointer) || own.has(pointer) || !(own.has(name) || AWS.has(name) || isAnybodys(name, pointer))) continue;
    delete filled[pointer];
    if (variables[name] !== undefined) {
      problems.set(pointer, `is set, and ${name} too: keep one (${KEEPS_OUT})`);
      continue;
    }
    try {
      const value = valueOf(path, read);
      if ((own.has(name) || AWS.has(name)) && /[\r\n]/.test(value)) throw new Error(`${path} holds more than one line: ${name} has one`);
      filled[name] = value;
      paths.set(name, path);
    } catch (error) {
      problems.set(pointer, (error as Error).message);
    }
  }
  return { variables: filled, paths, problems };
}

/** Reads no more than is allowed; a directory, a device or a pipe that nobody writes to is refused instead of waited for. */
export function readSecretFile(path: string): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(file);
    // Docker's daemon makes a folder where the file that it is to mount is missing.
    if (status.isDirectory()) throw new Error('is a folder; where Docker mounts it, the file was missing on the host when the container was made');
    if (!status.isFile()) throw new Error('is no regular file');
    const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) read = readSync(file, buffer, length, buffer.length - length, null);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** A variable of a job or a pipeline, of which the gateway knows no names. */
function isAnybodys(name: string, pointer: string): boolean {
  return !name.endsWith(SUFFIX) && !OTHERS.test(pointer);
}

function valueOf(path: string, read: ReadSecret): string {
  // Not repeated in the error: who forgets what _FILE means puts the secret itself here.
  if (!path.startsWith('/')) throw new Error('must be the absolute path of a file that holds the value, such as /run/secrets/name');
  const bytes = contentOf(path, read);
  if (bytes.length > MAX_SECRET_BYTES) throw new Error(`${path} is larger than ${MAX_SECRET_BYTES / 1024} KiB`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${path} is no UTF-8 text`);
  }
  const value = text.replace(/\r?\n$/, '');
  if (value.trim() === '') throw new Error(`${path} is empty; to do without the variable, leave out its _FILE`);
  if (value.includes('\0')) throw new Error(`${path} holds a NUL character`);
  return value;
}

function contentOf(path: string, read: ReadSecret): Uint8Array {
  try {
    return read(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${path} ${code === undefined ? message : (WHY[code] ?? `cannot be read (${code})`)}`, { cause: error });
  }
}
