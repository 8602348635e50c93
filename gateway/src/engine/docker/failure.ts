import { EngineError } from '../engine.ts';

/** What dockerode throws: an answer of the daemon, or a connection that failed. */
export interface DockerFailure {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message?: string;
  readonly json?: { readonly message?: string };
}

const UNREACHABLE = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** The status that the daemon answered with, if it did. */
export function statusOf(error: unknown): number | undefined {
  return (error as DockerFailure).statusCode;
}

/** Whether the daemon gave no answer at all. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof EngineError) return error.code === 'ENGINE_UNREACHABLE';
  const { statusCode, code = '', message = '' } = error as DockerFailure;
  return statusCode === undefined && (UNREACHABLE.has(code) || /socket hang up|did not answer/.test(message));
}

/** The engine's error for whatever dockerode threw while doing something. */
export function engineError(error: unknown, doing: string): EngineError {
  if (error instanceof EngineError) return error;
  const { code, json, message = String(error) } = error as DockerFailure;
  const said = json?.message ?? message;
  if (isUnreachable(error)) {
    const mend =
      code === 'EACCES'
        ? "the socket's group is not ours: set DOCKER_GID to the output of `stat -c %g /var/run/docker.sock`"
        : 'start Docker (docker ps must answer), or mount /var/run/docker.sock into the gateway, or set DOCKER_HOST';
    return new EngineError('ENGINE_UNREACHABLE', `can't reach the Docker daemon (${doing}: ${said}); ${mend}`, { cause: error });
  }
  const network = /network ([^\s]+) not found/.exec(said)?.[1];
  if (network !== undefined) {
    const message = `the Docker network "${network}" does not exist; set DOCKER_NETWORK to one of \`docker network ls\`, or \`docker network create ${network}\``;
    return new EngineError('NETWORK_MISSING', message, { cause: error });
  }
  return new EngineError('ENGINE_FAILED', `Docker refused (${doing}): ${said}`, { cause: error });
}

/** Runs a call to the daemon; answers with one of the statuses count as done already and give undefined. */
export async function tolerate<T>(call: Promise<T>, ...statuses: number[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}
