import { expect, test } from '@jest/globals';
import { Turns } from './turns.ts';

/** Counts turns of the event loop. */
function clock(): { readonly turn: () => number; readonly stop: () => void } {
  let turn = 0;
  let goes = true;
  const tick = (): void => {
    turn++;
    if (goes) setImmediate(tick);
  };
  setImmediate(tick);
  return { turn: () => turn, stop: () => (goes = false) };
}

test('gives each a turn of the event loop of its own, in order', async () => {
  const { turn, stop } = clock();
  const turns = new Turns();
  const seen = await Promise.all(Array.from({ length: 5 }, (_, at) => turns.next().then(() => ({ at, turn: turn() }))));
  stop();
  expect(seen.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4]);
  expect(new Set(seen.map(({ turn }) => turn)).size).toBe(5);
});

test('goes on after a pause, and for those who ask during a turn', async () => {
  const turns = new Turns();
  await turns.next();
  await turns.next().then(() => turns.next());
  await expect(Promise.all([turns.next(), turns.next()])).resolves.toHaveLength(2);
});
