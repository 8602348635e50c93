import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LeftLine, Slots, type Ticket } from './slots.ts';

const ticket = (run: string, source = 's', concurrency?: number): Ticket => ({ run, source, concurrency });

/** Enters runs and tells in which order they got a place, with what gives it back. */
function enter(slots: Slots, ...tickets: Ticket[]) {
  const got: string[] = [];
  const releases = new Map<string, () => void>();
  const left: string[] = [];
  for (const one of tickets) {
    slots.take(one).then(
      (release) => {
        got.push(one.run);
        releases.set(one.run, release);
      },
      (error: unknown) => left.push(`${one.run} ${error instanceof LeftLine ? 'left' : String(error)}`),
    );
  }
  return { got, left, release: (run: string) => releases.get(run)?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('places', () => {
  test('are given in the order of ids, whenever they came', async () => {
    const slots = new Slots(1);
    const { got, release } = enter(slots, ticket('b'), ticket('d'), ticket('c'), ticket('a'));
    await turn();
    expect(got).toEqual(['b']);
    expect([slots.taken, slots.waiting, slots.position('c')]).toEqual([1, 3, 1]);
    for (const run of ['b', 'a', 'c']) {
      release(run);
      await turn();
    }
    expect(got).toEqual(['b', 'a', 'c', 'd']);
  });

  test('of a source are no more than a run says, and others pass by', async () => {
    const slots = new Slots(4);
    const { got, release } = enter(slots, ticket('a', 'x', 1), ticket('b', 'x', 1), ticket('c', 'y'), ticket('d', 'x', 2));
    await turn();
    expect(got).toEqual(['a', 'c', 'd']);
    release('a');
    await turn();
    expect(got).toEqual(['a', 'c', 'd']);
    release('d');
    await turn();
    expect(got).toEqual(['a', 'c', 'd', 'b']);
  });

  test('are given back once, however often that is said', async () => {
    const slots = new Slots(1);
    const { release, got } = enter(slots, ticket('a'), ticket('b'), ticket('c'));
    await turn();
    release('a');
    release('a');
    await turn();
    expect(got).toEqual(['a', 'b']);
    expect(slots.taken).toBe(1);
  });

  test('one who leaves the line is told, and the next moves up', async () => {
    const slots = new Slots(1);
    const { got, left, release } = enter(slots, ticket('a'), ticket('b'), ticket('c'));
    slots.leave('b');
    slots.leave('nobody');
    await turn();
    expect(left).toEqual(['b left']);
    release('a');
    await turn();
    expect(got).toEqual(['a', 'c']);
  });

  test('closed: everybody in line leaves, and nobody gets one any more', async () => {
    const slots = new Slots(1);
    const { got, left, release } = enter(slots, ticket('a'), ticket('b'));
    await turn();
    slots.close();
    await turn();
    expect(left).toEqual(['b left']);
    await expect(slots.take(ticket('c'))).rejects.toThrow(LeftLine);
    const idle = slots.idle();
    release('a');
    await idle;
    expect(got).toEqual(['a']);
  });

  test('are never more than there are, nor more than a source allows, and nobody is forgotten', async () => {
    const runs = fc.array(fc.record({ source: fc.constantFrom('x', 'y', 'z'), concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), runs, async (size, wanted) => {
        const slots = new Slots(size);
        const going: Ticket[] = [];
        let done = 0;
        await Promise.all(
          wanted.map(async ({ source, concurrency }, index) => {
            const one = ticket(String(index).padStart(3, '0'), source, concurrency);
            const release = await slots.take(one);
            going.push(one);
            expect(going.length).toBeLessThanOrEqual(size);
            if (concurrency !== undefined) expect(going.filter((other) => other.source === source).length).toBeLessThanOrEqual(concurrency);
            await turn();
            going.splice(going.indexOf(one), 1);
            done++;
            release();
          }),
        );
        expect([done, slots.taken, slots.waiting]).toEqual([wanted.length, 0, 0]);
      }),
      { numRuns: 50 },
    );
  });
});
