import { expect, test } from '@jest/globals';
import { delaysOf } from './loop-delays.ts';

const line = (seconds: number, p50: number, p99: number, max: number): string =>
  JSON.stringify({ level: 'debug', time: new Date(seconds * 1000).toISOString(), loopDelayMs: { p50, p99, max }, msg: 'event loop' });

test('delays of the event loop come to their worst and their median, of what was told since then', () => {
  const log = [
    '(node:1) a warning',
    line(10, 99, 99, 99),
    '{"level":"info","msg":"loopDelayMs"}',
    line(20, 11, 40, 80),
    line(30, 12, 20, 30),
    line(40, 10, 15, 90),
    '',
  ];
  expect(delaysOf(log.join('\n'), new Date(10_000))).toEqual({ windows: 3, worst_p99: 40, median_p99: 20, worst_p50: 12, max: 90 });
});

test('nothing comes of nothing', () => {
  expect(delaysOf(line(10, 1, 2, 3), new Date(10_000))).toBeUndefined();
});
