import { describe, expect, test } from '@jest/globals';
import { CONTRACT_VERSION, DATA_PACKAGE } from '@esclusa/contract';
import type { Decision } from './decisions.ts';
import type { StatesEntry } from './entries.ts';
import { settled } from './states.ts';

const AT = '2025-01-02T15:30:45.000Z';
const DECIDED = { contract: CONTRACT_VERSION, run: 'r2', attempt: 1, token: 't' } as const;
const ABORTED: Decision = { state: 'aborted', seenAt: new Date(AT) };
const BROKEN: Decision = { state: 'broken', why: 'it is none', seenAt: new Date(AT) };
const FILE = { path: 'a', url: 's3://b/a', hash: `sha256:${'0'.repeat(64)}`, rows: 1, bytes: 1, lossy: 0 };

/** A manifest with these datasets, and the state that each has left. */
function committed(states: Readonly<Record<string, Record<string, unknown> | undefined>>): Decision {
  const resources = Object.entries(states).map(([name, state]) => ({ ...FILE, name, ...(state === undefined ? {} : { state }) }));
  const manifest = {
    $schema: DATA_PACKAGE,
    name: 'p',
    created: AT,
    state: 'committed' as const,
    ...DECIDED,
    pipeline: 'p',
    job: 'j',
    snapshot: { consistency: 'snapshot' },
    resources,
  } as const;
  return { state: 'committed', manifest, text: JSON.stringify(manifest), seenAt: new Date(AT) };
}

const CLAIM = { run: 'r2', attempt: 1, commitKey: 'k', datasets: ['a', 'b'] };
const ENTRY: StatesEntry = {
  version: 1,
  pipeline: 'p',
  datasets: { a: { state: { value: 1 }, run: 'r1', attempt: 1, at: AT }, z: { state: { value: 9 }, at: AT } },
  claim: CLAIM,
};
const { claim: _, ...FREE } = ENTRY;

describe('states, and what became of the claim on them', () => {
  test('are as they were while it is not decided, or where there is none', () => {
    expect(settled(ENTRY, undefined)).toBe(ENTRY);
    expect(settled(FREE, undefined)).toBe(FREE);
    expect(settled(FREE, ABORTED)).toBe(FREE);
  });

  test('are as they were once it is aborted, and free', () => {
    expect(settled(ENTRY, ABORTED)).toEqual(FREE);
    expect(settled(ENTRY, BROKEN)).toEqual(FREE);
  });

  test('are those of the manifest once it is committed: of what was claimed and has left one', () => {
    const manifest = committed({ a: { value: 2 }, b: { value: 3 }, z: { value: 4 }, c: { value: 5 } });
    const left = { run: 'r2', attempt: 1, at: AT };
    expect(settled(ENTRY, manifest)).toEqual({
      ...FREE,
      datasets: { a: { state: { value: 2 }, ...left }, b: { state: { value: 3 }, ...left }, z: ENTRY.datasets['z'] },
    });
    // Nothing was there to be read, or it was no dataset of the run.
    expect(settled(ENTRY, committed({ a: undefined }))).toEqual(FREE);
  });
});
