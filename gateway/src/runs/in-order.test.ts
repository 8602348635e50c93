import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { InOrder } from './in-order.ts';

test('keeps the order in which they joined, however long each takes', async () => {
  const order = new InOrder();
  const seen: number[] = [];
  const go = async (at: number, ms: number): Promise<void> => {
    const turn = order.join();
    try {
      await sleep(ms);
      await turn.come();
      seen.push(at);
    } finally {
      turn.leave();
    }
  };
  await Promise.all([30, 0, 10, 0, 20, 0].map((ms, at) => go(at, ms)));
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
});

test('goes on behind one that leaves without having come', async () => {
  const order = new InOrder();
  order.join().leave();
  const second = order.join();
  await second.come();
  second.leave();
  await expect(order.join().come()).resolves.toBeUndefined();
});
