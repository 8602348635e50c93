import { describe, expect, test } from '@jest/globals';
import { RetryBudget } from './retry-budget.ts';
import { RunTimes } from './run-times.ts';

describe('when one who is refused may find room', () => {
  test('is a guess as long as no run has ended', () => {
    expect(new RunTimes(4).refuse()).toBe(10);
  });

  test('follows from how long runs take and how many go on at once, and from who was refused before', () => {
    const times = new RunTimes(4);
    times.ended(20);
    expect([times.refuse(), times.refuse(), times.refuse()]).toEqual([5, 10, 15]);
    // A place became free, for the first of them.
    times.ended(20);
    expect(times.refuse()).toBe(15);
  });

  test('follows the runs as they become shorter, and lies between a second and ten minutes', () => {
    const times = new RunTimes(1);
    times.ended(100_000);
    expect(times.refuse()).toBe(600);
    for (let n = 0; n < 100; n++) times.ended(0.01);
    expect(times.refuse()).toBe(1);
  });
});

describe('the retries that a source may cost', () => {
  test('are so many, each source its own, and come back with time', () => {
    const budget = new RetryBudget(3);
    const take = (source: string, now: number) => budget.take(source, now);
    expect([take('a', 0), take('a', 0), take('a', 0), take('a', 0), take('b', 0)]).toEqual([true, true, true, false, true]);
    // A third of ten minutes later there is one more, and after a day no more than three.
    expect([take('a', 200_000), take('a', 200_000)]).toEqual([true, false]);
    expect([1, 2, 3, 4].map(() => take('a', 86_400_000))).toEqual([true, true, true, false]);
  });

  test('may be none at all', () => {
    expect(new RetryBudget(0).take('a', 0)).toBe(false);
  });
});
