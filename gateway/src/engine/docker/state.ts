import type Docker from 'dockerode';
import type { AttemptExit } from '../engine.ts';
import { bounded } from './call.ts';
import { statusOf } from './failure.ts';

/** What a container's end looks like when somebody removed it before we could read it. */
export const VANISHED: AttemptExit = { status: undefined, oomKilled: false };

type State = Docker.ContainerInspectInfo['State'];

/** Where a container stands: not started, running, over with its exit, or no longer there. */
export type Standing = { readonly kind: 'created' | 'running' | 'gone' } | { readonly kind: 'ended'; readonly exit: AttemptExit };

/** Asks the daemon where a container stands. */
export async function look(container: Docker.Container, timeoutMs: number, signal?: AbortSignal): Promise<Standing> {
  try {
    const { State } = await bounded('inspect', timeoutMs, (abortSignal) => container.inspect({ abortSignal }), signal);
    return standing(State);
  } catch (error) {
    if (statusOf(error) === 404) return { kind: 'gone' };
    throw error;
  }
}

/** Translates Docker's state. A container under removal is as good as gone: its status is that of the removal's kill. */
export function standing(state: State): Standing {
  switch (state.Status) {
    case 'created':
      return { kind: 'created' };
    case 'removing':
      return { kind: 'gone' };
    case 'exited':
    case 'dead':
      return { kind: 'ended', exit: exitOf(state) };
    default:
      return { kind: 'running' };
  }
}

function exitOf(state: State): AttemptExit {
  const startedAt = instant(state.StartedAt);
  const finishedAt = instant(state.FinishedAt);
  return {
    status: state.ExitCode,
    oomKilled: state.OOMKilled,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(state.Error === '' ? {} : { engineError: state.Error }),
  };
}

// Docker writes year 1 for "never".
function instant(text: string): Date | undefined {
  const date = new Date(text);
  return date.getTime() > 0 ? date : undefined;
}
