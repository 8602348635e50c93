import { describe, expect, test } from '@jest/globals';
import { FINAL_STATES, OPEN_STATES, type RunEvent, type RunState, isFinal, nextState } from './state.ts';

function walk(...events: RunEvent[]): RunState | undefined {
  let state: RunState | undefined;
  for (const event of events) state = nextState(state, event);
  return state;
}

describe('the states of a run', () => {
  test.each<[string, RunState, RunEvent[]]>([
    [
      'one that goes well',
      'succeeded',
      [
        'accepted',
        'recorded',
        'begun',
        'created',
        'started',
        'secrets-received',
        'connected',
        'first-row',
        'last-row',
        'published',
        'ended',
        'committed',
        'succeeded',
        'answered',
      ],
    ],
    [
      'one whose second attempt goes well',
      'succeeded',
      ['accepted', 'begun', 'created', 'started', 'ended', 'aborted', 'retry', 'begun', 'created', 'started', 'ended', 'committed', 'succeeded'],
    ],
    ['one that can not be started', 'failed', ['accepted', 'begun', 'created', 'refused', 'aborted', 'failed']],
    ['one that is adopted', 'succeeded', ['accepted', 'adopted', 'ended', 'committed', 'succeeded']],
    ['one that was decided while no gateway ran', 'succeeded', ['accepted', 'decided', 'committed', 'succeeded']],
    ['one that is cancelled in line', 'cancelled', ['accepted', 'cancel-asked', 'cancelled', 'answered']],
    ['one that is cancelled while it runs', 'cancelled', ['accepted', 'begun', 'created', 'started', 'cancel-asked', 'ended', 'aborted', 'cancelled']],
    ['one that is cancelled too late', 'succeeded', ['accepted', 'begun', 'created', 'started', 'ended', 'cancel-asked', 'committed', 'succeeded']],
    ['one whose engine was lost for a while', 'running', ['accepted', 'begun', 'created', 'started', 'adopted', 'first-row']],
  ])('%s', (_, expected, events) => {
    expect(walk(...events)).toBe(expected);
  });

  test('any open one may turn out to have been ended by another gateway', () => {
    for (const state of OPEN_STATES) for (const final of FINAL_STATES) expect(nextState(state, final)).toBe(final);
  });

  test('a final one stays as it is', () => {
    for (const state of FINAL_STATES) {
      expect(isFinal(state)).toBe(true);
      expect(nextState(state, 'answered')).toBe(state);
      expect(() => nextState(state, 'created')).toThrow(`"created" can't happen to a run that is ${state}`);
    }
  });

  test.each<[RunState, RunEvent]>([
    ['queued', 'committed'],
    ['running', 'created'],
    ['queued', 'created'],
    ['settling', 'first-row'],
    ['retrying', 'ended'],
  ])('what can not happen is a mistake and said: %s, %s', (state, event) => {
    expect(() => nextState(state, event)).toThrow();
  });

  test('one begins by being accepted', () => {
    expect(() => nextState(undefined, 'created')).toThrow();
  });
});
