import { describe, expect, test } from '@jest/globals';
import { RetryPause } from './retry-pause.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 25) + second * 1000);

describe('the pause between tries', () => {
  test('is none before the first failure', () => {
    expect(new RetryPause().isOver(at(0))).toBe(true);
  });

  test('doubles with every failure, up to a minute', () => {
    const pause = new RetryPause();
    expect([1, 2, 3, 4, 5, 6, 7, 8, 2000].map(() => pause.failed(at(0)))).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((second) => second * 1000));
    expect([0, 59, 60].map((second) => pause.isOver(at(second)))).toEqual([false, false, true]);
  });

  test('stays at its longest, however many the failures', () => {
    const pause = new RetryPause();
    for (let failures = 0; failures < 5000; failures++) pause.failed(at(0));
    expect(pause.failed(at(0))).toBe(60_000);
  });

  test('starts from the shortest again after a success', () => {
    const pause = new RetryPause();
    pause.failed(at(0));
    pause.failed(at(1));
    pause.worked();
    expect(pause.isOver(at(1))).toBe(true);
    expect(pause.failed(at(2))).toBe(1000);
  });

  test('is over when the clock was set back, and when it was set forward', () => {
    const pause = new RetryPause();
    pause.failed(at(100_000));
    expect([0, 100_000, 200_000].map((second) => pause.isOver(at(second)))).toEqual([true, false, true]);
  });
});
