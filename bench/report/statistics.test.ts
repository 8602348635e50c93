import { describe, expect, test } from '@jest/globals';
import { median, rounded } from './statistics.ts';

describe('the median', () => {
  test.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 2, 100], 3],
    [[2, 10, 1, 9, 8], 8],
  ])('of %j is %d', (samples, middle) => {
    expect(median(samples)).toBe(middle);
  });

  test('of none is no number, and its samples are left in their order', () => {
    expect(median([])).toBeNaN();
    const samples = [3, 1, 2];
    median(samples);
    expect(samples).toEqual([3, 1, 2]);
  });
});

test('figures are rounded for people', () => {
  expect([rounded(1.25678, 2), rounded(9.999, 1), rounded(1234.5, 0)]).toEqual([1.26, 10, 1235]);
});
