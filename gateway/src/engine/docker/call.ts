/** A call that Docker did not answer in time. */
export class DockerTimeout extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(what: string, ms: number) {
    super(`Docker did not answer within ${ms} ms (${what})`);
    this.name = 'DockerTimeout';
  }
}

/**
 * Makes one call to the daemon, given up after `ms` or when `signal` fires.
 * The race is needed beside the abort: docker-modem never calls back when a connection breaks in the middle of a body.
 */
export async function bounded<T>(what: string, ms: number, call: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const abort = new AbortController();
  let giveUp: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(new DockerTimeout(what, ms));
      abort.abort();
    };
  });
  const timer = setTimeout(() => giveUp?.(), ms);
  const onAbort = (): void => giveUp?.();
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([call(abort.signal), late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
