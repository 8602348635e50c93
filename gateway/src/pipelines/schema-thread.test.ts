import { describe, expect, test } from '@jest/globals';
import { askSchema } from './schema-thread.ts';

const SLOW = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
// A machine that does much else stalls by itself; the patterns below would for minutes.
const STALL_MS = 2_500;
const GOOD = { type: 'object', properties: { a: { type: 'integer' } }, additionalProperties: false };
const nested = (levels: number): Record<string, unknown> => (levels === 0 ? { type: 'string' } : { type: 'array', items: nested(levels - 1) });

/** How long the event loop was away at most, in ms, while this went on. */
async function longestStall(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await work;
  clearInterval(timer);
  return longest;
}

describe('a schema is asked in a thread of its own', () => {
  test('which tells what does not fit, with its place', async () => {
    expect(await askSchema({ schema: GOOD, datasets: { x: { a: 1 }, y: { a: 'text', b: 1 } } })).toEqual({
      mismatches: [
        { dataset: 'y', path: ['b'], message: 'unknown field' },
        { dataset: 'y', path: ['a'], message: 'must be integer' },
      ],
    });
  });

  test('which is ended when it takes too long, while everything else goes on, and the next question is answered', async () => {
    const asked = askSchema({ schema: SLOW, datasets: { x: { a: `${'a'.repeat(40)}!` } } }, 300);
    const next = askSchema({ schema: GOOD, datasets: { x: {} } });
    expect(await longestStall(asked)).toBeLessThan(STALL_MS);
    expect(await asked).toEqual({ invalid: expect.stringMatching(/longer than 0\.3 s/) });
    expect(await next).toEqual({ mismatches: [] });
  });

  test.each<[string, Record<string, unknown>, unknown]>([
    ['a pattern that is none', { pattern: '(' }, 'x'],
    ['a reference to itself', { $ref: '#' }, {}],
    ['references in a circle', { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, {}],
    ['a reference to nowhere', { $ref: 'https://nowhere.invalid/x.json' }, {}],
    ['60 levels', nested(60), []],
    ['5,000 levels', nested(5_000), []],
    ['an enumeration of 20,000', { enum: Array.from({ length: 20_000 }, (_, n) => `value ${n}`) }, 'x'],
    ['20,000 properties', { properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`p${n}`, { type: 'string' }])) }, {}],
    ['a format that nobody knows', { format: 'zeta' }, 'x'],
    ['a type that is none', { type: 'zeta' }, 'x'],
    ['patterns for names', { patternProperties: { '^(a+)+$': false } }, { [`${'a'.repeat(40)}!`]: 1 }],
    ['items that must differ', { uniqueItems: true }, Array.from({ length: 20_000 }, (_, n) => ({ n }))],
    ['a name of code', { properties: { '"+process.exit(1)+"': { const: 1 } } }, {}],
    ['more errors than anybody reads', { additionalProperties: false }, Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`p${n}`, n]))],
    ['an enumeration of arrays', { uniqueItems: true, items: { enum: Array.from({ length: 10_000 }, (_, n) => [n, 'x']) } }, [1]],
  ])(
    'answers whatever the schema is: %s',
    async (_, schema, dataset) => {
      const asked = askSchema({ schema, datasets: { x: dataset } }, 3_000);
      expect(await longestStall(asked)).toBeLessThan(STALL_MS);
      const answer = await asked;
      expect('invalid' in answer ? typeof answer.invalid : answer.mismatches.length <= 100).toBeTruthy();
      expect(await askSchema({ schema: GOOD, datasets: { x: {} } })).toEqual({ mismatches: [] });
    },
    20_000,
  );
});
