import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../bounded-json.ts';
import { MAX_BYTES } from './bucket.ts';
import { statesSchema } from './entries.ts';
import { MAX_STATE_BYTES, statesProblem } from './state-bounds.ts';

const AT = '2025-01-02T15:30:45.000Z';

type States = Record<string, Record<string, unknown>>;

/** As many states as there may be, and one more that is too many. */
function grown(prefix: string, stateOf: (n: number) => Record<string, unknown>, step: number): { most: States; more: States } {
  let most: States = {};
  for (;;) {
    const from = Object.keys(most).length;
    const more = { ...most, ...Object.fromEntries(Array.from({ length: step }, (_, n) => [`${prefix}${from + n}`, stateOf(from + n)])) };
    if (statesProblem(more) !== undefined) return { most, more };
    most = more;
  }
}

const SHAPES: [string, (prefix: string) => (n: number) => Record<string, unknown>, number, RegExp][] = [
  ['long ones', () => () => ({ value: 'v'.repeat(MAX_STATE_BYTES - 12) }), 1, /bytes, and may have/],
  ['long ones of signs that take more bytes', () => () => ({ value: '€'.repeat(10_000) }), 1, /bytes, and may have/],
  ['many values', () => () => ({ value: Array.from({ length: 16_000 }, () => 0) }), 1, /more than \d+ values/],
  ['many names', (prefix) => (n) => Object.fromEntries(Array.from({ length: 900 }, (_, of) => [`${prefix}${n}-${of}`, 0])), 1, /more than \d+ names/],
  ['many datasets', () => () => ({ value: 1 }), 500, /more than \d+ names/],
];

describe('states', () => {
  test.each(SHAPES)('%s: what one attempt may leave, and what may stand beside it, stand in one object', (_, shape, step, why) => {
    const [one, other] = ['a', 'b'].map((prefix) => grown(prefix, shape(prefix), step));
    expect(statesProblem(one?.more ?? {})).toMatch(why);
    const noted = Object.entries({ ...one?.most, ...other?.most }).map(([name, state]) => [name, { state, run: 'r'.repeat(36), attempt: 1, at: AT }]);
    const claim = { run: 'r', attempt: 1, commitKey: 'k', datasets: Object.keys(one?.most ?? {}), owner: { installation: 'i', engine: 'e' } };
    const text = JSON.stringify({ version: 1, pipeline: 'p', datasets: Object.fromEntries(noted) as unknown, claim });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BYTES.states);
    expect(Object.keys(statesSchema.parse(parseJson(text)).datasets)).toHaveLength(noted.length);
  });

  test('none, and a few, have room', () => {
    expect(statesProblem({})).toBeUndefined();
    expect(statesProblem({ a: { cursor: 'id', value: '5' } })).toBeUndefined();
  });
});
