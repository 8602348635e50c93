import { EngineError } from '../engine.ts';

/** What dockerode throws: an answer of the daemon, or a connection that failed. */
interface DockerFailure {
  readonly statusCode?: number;
  readonly code?: unknown;
  readonly message?: string;
  readonly json?: { readonly message?: unknown } | null;
}

const CONNECTION_TROUBLE = /^(ENOENT|EACCES|EPERM|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ENOTSOCK|ERR_STREAM|ERR_SOCKET|ERR_HTTP|ABORT_ERR|HPE_)/;

/** The status that the daemon answered with, if it did. */
export function statusOf(error: unknown): number | undefined {
  return (error as DockerFailure).statusCode;
}

/** Whether the daemon answered that there is no such container. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && statusOf(error) === 404 && /no such container/i.test(said(error));
}

/** Whether the daemon gave no answer at all, so that trying again makes sense. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof EngineError) return error.code === 'ENGINE_UNREACHABLE';
  const { statusCode, code, message = '' } = error as DockerFailure;
  if (statusCode !== undefined) return false;
  return (typeof code === 'string' && CONNECTION_TROUBLE.test(code)) || /socket hang up|aborted/.test(message);
}

/** What the daemon said, without docker-modem's wrapping. */
export function said(error: unknown): string {
  const { json, message = String(error) } = error as DockerFailure;
  return (typeof json?.message === 'string' ? json.message : message).trim();
}

/** The engine's error for whatever dockerode threw while doing something, with what mends it. */
export function engineError(error: unknown, doing: string): EngineError {
  if (error instanceof EngineError) return error;
  const words = said(error);
  if (isUnreachable(error)) {
    const mend = /^(EACCES|EPERM)$/.test(String((error as DockerFailure).code))
      ? "permission is denied: set DOCKER_GID to the socket's group, the output of `stat -c %g /var/run/docker.sock`"
      : 'start Docker (docker ps must answer), or mount /var/run/docker.sock into the gateway, or set DOCKER_HOST';
    return new EngineError('ENGINE_UNREACHABLE', `can't reach the Docker daemon (${doing}: ${words}); ${mend}`, { cause: error });
  }
  const network = /network (\S+) not found/.exec(words)?.[1];
  if (network !== undefined) {
    const mend = `set DOCKER_NETWORK to one of \`docker network ls\`, or \`docker network create ${network}\``;
    return new EngineError('NETWORK_MISSING', `the Docker network "${network}" does not exist; ${mend}`, { cause: error });
  }
  return new EngineError('ENGINE_FAILED', `Docker refused (${doing}): ${words}`, { cause: error });
}
