import { describe, expect, test } from '@jest/globals';
import { BOUNDS, Budget, Places, connectionsFor, httpBounds } from './bounds.ts';

describe('places', () => {
  test('are so many for each caller and so many in all, and come back once', () => {
    const places = new Places(2, 3);
    const [first] = [places.take('a'), places.take('a')];
    expect(places.take('a')).toBeUndefined();
    expect(places.take('b')).toBeDefined();
    expect(places.take('c')).toBeUndefined();
    first?.();
    first?.();
    expect(places.take('c')).toBeDefined();
    expect(places.take('a')).toBeUndefined();
  });

  test('for those who wait are as many as there may be open runs, of one caller too', () => {
    const { waiters } = httpBounds(1_000);
    for (let n = 0; n < 1_000; n++) expect(waiters.take('a')).toBeDefined();
    expect(waiters.take('a')).toBeUndefined();
    expect(connectionsFor(1_000)).toBeGreaterThan(1_000);
  });

  test('for those who read are few, however many runs there are', () => {
    const { streams } = httpBounds(1_000);
    for (let n = 0; n < BOUNDS.perCaller; n++) expect(streams.take('a')).toBeDefined();
    expect(streams.take('a')).toBeUndefined();
    for (let n = BOUNDS.perCaller; n < BOUNDS.inAll; n++) expect(streams.take(`b${n}`)).toBeDefined();
    expect(streams.take('c')).toBeUndefined();
  });
});

test('a budget gives all or nothing', () => {
  const budget = new Budget(10);
  expect([budget.take(11), budget.take(10), budget.take(1)]).toEqual([false, true, false]);
  budget.give(4);
  expect([budget.take(5), budget.take(4), budget.take(0)]).toEqual([false, true, true]);
});
