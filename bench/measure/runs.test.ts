import { expect, test } from '@jest/globals';
import { medianTimes, timeOf } from './runs.ts';

const ACCEPTED = Date.parse('2025-01-02T15:30:45.000Z');

/** A timeline whose points came so many ms after the first. */
function timeline(after: Readonly<Record<string, number>>) {
  return Object.entries({ accepted: 0, ...after }).map(([event, ms]) => ({ at: new Date(ACCEPTED + ms).toISOString(), event }));
}

test('points of timelines come to the medians of their times, in order, each of the runs that have it', () => {
  const timelines = [
    timeline({ created: 30, succeeded: 400 }),
    timeline({ created: 50, succeeded: 410 }),
    timeline({ created: 10, retried: 20, succeeded: 900 }),
  ];
  expect(Object.entries(medianTimes(timelines))).toEqual([
    ['accepted', 0],
    ['retried', 20],
    ['created', 30],
    ['succeeded', 410],
  ]);
  expect(medianTimes([])).toEqual({});
});

test('a point has its time, and none if it never came', () => {
  expect(timeOf(timeline({ created: 30 }), 'created')).toBe(ACCEPTED + 30);
  expect(timeOf(timeline({}), 'created')).toBeUndefined();
});
