import { readFile } from 'node:fs/promises';
import { CONTRACT_ENV, JobError, MAX_SECRETS_BYTES, SECRETS_RECEIVED, SECRETS_WAIT_SECONDS, type SecretsLine, parseSecretsLine } from '@esclusa/contract';
import type { JobOutput } from '../output.ts';

/** Secrets and previous columns, as the secrets line has them. */
export type Secrets = Pick<SecretsLine, 'values' | 'previous'>;

/** Gets the secrets the way the environment says: by a line on standard input, by a file, or not at all (run by hand). */
export async function receiveSecrets(environment: NodeJS.ProcessEnv, output: JobOutput, signal: AbortSignal): Promise<Secrets> {
  const file = environment[CONTRACT_ENV.secretsFile];
  if (file !== undefined && file !== '') return acknowledged(await fromFile(file), output);
  const way = environment[CONTRACT_ENV.secrets];
  if (way === undefined || way === '') return { values: {} };
  if (way !== 'stdin') throw new JobError('CONFIG_INVALID', `${CONTRACT_ENV.secrets} is "${way}"; the only value it knows is "stdin"`);
  return acknowledged(await fromStdin(signal), output);
}

function acknowledged(secrets: Secrets, output: JobOutput): Secrets {
  output.log('info', 'secrets received', { event: SECRETS_RECEIVED, names: Object.keys(secrets.values) });
  return secrets;
}

async function fromFile(path: string): Promise<Secrets> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new JobError('CONFIG_INVALID', `the secrets file ${path} can't be read: ${(cause as Error).message}`, { cause });
  }
  for (const line of [text, ...text.split('\n')]) {
    const secrets = parseSecretsLine(line.trim());
    if (secrets !== undefined) return secrets;
  }
  throw new JobError('CONFIG_INVALID', `the secrets file ${path} holds no valid line {"type":"secrets","values":{…}}`);
}

/** Takes the first valid line; skips others, since a gateway that adopts a container may send half a line and then all of it again. */
async function fromStdin(signal: AbortSignal): Promise<Secrets> {
  const timeUp = AbortSignal.timeout(SECRETS_WAIT_SECONDS * 1000);
  const ended = AbortSignal.any([signal, timeUp]);
  const stdin = process.stdin;
  return await new Promise<Secrets>((resolve, reject) => {
    let rest = '';
    const onData = (chunk: string): void => {
      rest += chunk;
      for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
        const secrets = parseSecretsLine(rest.slice(0, end));
        rest = rest.slice(end + 1);
        if (secrets !== undefined) return settle(() => resolve(secrets));
      }
      if (rest.length > MAX_SECRETS_BYTES) rest = '';
    };
    const onEnd = (): void => settle(() => reject(missing('before it was closed')));
    const onAbort = (): void => settle(() => reject(signal.aborted ? signal.reason : missing(`within ${SECRETS_WAIT_SECONDS} s`)));
    const settle = (then: () => void): void => {
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
      ended.removeEventListener('abort', onAbort);
      // What comes later is not for us; an open standard input must not keep the process alive.
      stdin.destroy();
      then();
    };
    if (ended.aborted) return onAbort();
    ended.addEventListener('abort', onAbort, { once: true });
    stdin.setEncoding('utf8').on('data', onData).on('end', onEnd).on('error', onEnd);
  });
}

function missing(why: string): JobError {
  return new JobError('SECRETS_MISSING', `no secrets line came on standard input ${why}`);
}
