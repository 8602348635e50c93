/** Where a run stands. Those of the second line are final. */
export const OPEN_STATES = ['queued', 'starting', 'running', 'settling', 'retrying'] as const;
export const FINAL_STATES = ['succeeded', 'failed', 'cancelled'] as const;
export const RUN_STATES = [...OPEN_STATES, ...FINAL_STATES] as const;
export type OpenState = (typeof OPEN_STATES)[number];
export type FinalState = (typeof FINAL_STATES)[number];
export type RunState = (typeof RUN_STATES)[number];

/**
 * What happens in a run's life, and where the run stands after it. What an open state does not name can't happen in it.
 * Whatever the state, a run may turn out to have been ended by another gateway, and somebody may ask for it to be cancelled.
 */
const ANYWHERE = { succeeded: 'succeeded', failed: 'failed', cancelled: 'cancelled' } as const;
const MACHINE = {
  queued: { recorded: 'queued', begun: 'starting', adopted: 'running', decided: 'settling', 'cancel-asked': 'queued', ...ANYWHERE },
  starting: {
    created: 'starting',
    started: 'running',
    adopted: 'running',
    'secrets-received': 'starting',
    refused: 'settling',
    'cancel-asked': 'starting',
    ...ANYWHERE,
  },
  running: {
    adopted: 'running',
    'secrets-received': 'running',
    connected: 'running',
    'first-row': 'running',
    'last-row': 'running',
    published: 'running',
    ended: 'settling',
    'cancel-asked': 'running',
    ...ANYWHERE,
  },
  settling: { committed: 'settling', aborted: 'settling', retry: 'retrying', 'cancel-asked': 'settling', ...ANYWHERE },
  retrying: { begun: 'starting', adopted: 'running', decided: 'settling', 'cancel-asked': 'retrying', ...ANYWHERE },
  succeeded: { answered: 'succeeded' },
  failed: { answered: 'failed' },
  cancelled: { answered: 'cancelled' },
} as const satisfies Record<RunState, Readonly<Record<string, RunState>>>;

/** Something that happens in a run's life; `accepted` begins it. */
export type RunEvent = 'accepted' | { [State in RunState]: keyof (typeof MACHINE)[State] }[RunState];

/** Whether a run in this state has ended for good. */
export function isFinal(state: RunState): state is FinalState {
  return (FINAL_STATES as readonly string[]).includes(state);
}

/** The state after an event; pure. Throws for what can't happen, which is a mistake of ours. */
export function nextState(state: RunState | undefined, event: RunEvent): RunState {
  if (state === undefined) {
    if (event === 'accepted') return 'queued';
    throw new Error(`a run can't begin with "${event}"`);
  }
  const next = (MACHINE[state] as Readonly<Record<string, RunState>>)[event];
  if (next === undefined) throw new Error(`"${event}" can't happen to a run that is ${state}`);
  return next;
}
