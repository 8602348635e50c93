import { expect, test } from '@jest/globals';
import { delaysOf } from './loop-delays.ts';

/** A line of a gateway's log: so many looks, of which these percentiles had these delays at most. */
const line = (seconds: number, p99: number, count: number, ...steps: [number, number][]): string => {
  const loopDelayMs = { p50: 10, p99, max: steps.at(-1)?.[1] ?? 0, count, steps: [[0, 10], ...steps] };
  return JSON.stringify({ level: 'debug', time: new Date(seconds * 1000).toISOString(), loopDelayMs, msg: 'event loop' });
};

test('delays of the event loop are taken together, of what was told since then', () => {
  const log = [
    '(node:1) a warning',
    line(10, 99, 1000, [100, 99]),
    '{"level":"info","msg":"loopDelayMs"}',
    line(20, 70, 400, [50, 10], [98, 20], [100, 80]),
    line(30, 12, 800, [50, 10], [99, 12], [100, 90]),
    line(40, 15, 800, [100, 15]),
    '',
  ];
  // 2,000 looks: 8 of up to 80 ms, 8 of up to 90; so 99 of 100 kept to 20.
  expect(delaysOf(log.join('\n'), new Date(10_000))).toEqual({ windows: 3, looks: 2000, p99: 20, worst_p99: 70, median_p99: 15, max: 90 });
});

test('nothing comes of nothing', () => {
  expect(delaysOf(line(10, 2, 100, [100, 3]), new Date(10_000))).toBeUndefined();
});
