import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProgressMeter } from './progress.ts';

const START = Date.UTC(2026, 10, 25);

/** Feeds lines of `second dataset rows total`; each row has 10 bytes. */
function meter(lines: string, expected: string[] = []): ProgressMeter {
  const made = new ProgressMeter(expected);
  for (const line of lines.split(', ')) {
    const [second, dataset = '', rows, total] = line.split(' ');
    const progress = { dataset, rows: Number(rows), bytes: Number(rows) * 10, ...(total === undefined ? {} : { total: Number(total) }) };
    made.take(progress, START + Number(second) * 1000);
  }
  return made;
}

describe('progress', () => {
  test('of nothing is nothing', () => {
    expect(new ProgressMeter().snapshot()).toEqual({ datasets: {}, rows: 0, bytes: 0 });
  });

  test('is counted by dataset and in all, the newest line of each', () => {
    const lines = '0 a 5 100, 0 b 7, 1 a 25';
    expect(meter(lines).snapshot()).toEqual({
      datasets: { a: { rows: 25, bytes: 250, total: 100, percent: 25 }, b: { rows: 7, bytes: 70 } },
      rows: 32,
      bytes: 320,
      rowsPerSecond: 27,
    });
  });

  test('takes any name of a dataset', () => {
    expect(Object.keys(meter('0 __proto__ 5').snapshot().datasets)).toEqual(['__proto__']);
  });
});

describe('the rate', () => {
  test.each<[string, string, number | undefined]>([
    ['is not known of one line', '0 a 500', undefined],
    ['is not known of less than a second', '0 a 0, 0.9 a 500', undefined],
    ['is of whole rows', '0 a 0, 3 a 1000', 333],
    ['has a decimal where it is low', '0 a 0, 3 a 10', 3.3],
    ['is of all datasets together', '0 a 0, 0 b 0, 2 a 100, 2 b 300', 200],
    ['forgets what is older than ten seconds', '0 a 0, 10 a 100000, 20 a 100100', 10],
    ['is not below zero', '0 a 100, 2 a 0', 0],
    ['begins anew when the clock is set back', '100 a 0, 110 a 1000, 0 a 1100, 2 a 1200', 50],
  ])('%s', (_, lines, rate) => {
    expect(meter(lines).snapshot().rowsPerSecond).toBe(rate);
  });

  test('sinks to zero while nothing comes, and then there is no time left to tell', () => {
    const made = meter('0 a 0 10000, 5 a 5000');
    const at = (second: number) => made.snapshot(START + second * 1000);
    expect([at(5).rowsPerSecond, at(10).rowsPerSecond, at(60).rowsPerSecond]).toEqual([1000, 500, 0]);
    expect([at(5).etaSeconds, at(10).etaSeconds, at(60).etaSeconds]).toEqual([5, 10, undefined]);
  });

  test('is right over a long run with many datasets that report often', () => {
    const made = new ProgressMeter();
    for (let step = 0; step <= 20_000; step++) made.take({ dataset: `d${step % 50}`, rows: step, bytes: 0 }, START + step * 10);
    // 50 datasets, each of which gains 50 rows every 500 ms.
    expect(made.snapshot().rowsPerSecond).toBe(5000);
  });
});

describe('the percent', () => {
  test.each<[string, string, number | undefined]>([
    ['is rounded down to a decimal', '0 a 1 3', 33.3],
    ['is never whole before the end', '0 a 100 100', 99.9],
    ['is never whole before the end, close to it', '0 a 99999 100000', 99.9],
    ['is never above the whole, where the estimate was low', '0 a 500 100', 99.9],
    ['is nothing of an empty estimate', '0 a 0 0', 0],
    ['is of all rows', '0 a 10 100, 0 b 890 900', 90],
    ['is not known where a dataset has no total', '0 a 10 100, 0 b 890', undefined],
  ])('%s', (_, lines, percent) => {
    expect(meter(lines).snapshot().percent).toBe(percent);
  });

  test('is whole when every dataset is done, with its true numbers', () => {
    const made = meter('0 a 10 100, 0 b 10');
    made.done('a', 120, 1200);
    expect(made.snapshot()).toMatchObject({ datasets: { a: { rows: 120, bytes: 1200, total: 120, percent: 100 } } });
    expect(made.snapshot().percent).toBeUndefined();
    made.done('b', 20, 200);
    expect(made.snapshot()).toMatchObject({ rows: 140, bytes: 1400, percent: 100, etaSeconds: 0 });
  });

  test('does not go back for a line that comes after the end', () => {
    const made = meter('0 a 10 100');
    made.done('a', 120, 1200);
    made.take({ dataset: 'a', rows: 50, bytes: 500, total: 100 }, START);
    expect(made.snapshot()).toMatchObject({ rows: 120, percent: 100 });
  });

  test('waits for the datasets that are expected', () => {
    const made = meter('0 a 50 100', ['a', 'b']);
    made.done('a', 100, 1000);
    expect(made.snapshot().percent).toBeUndefined();
    made.take({ dataset: 'b', rows: 0, bytes: 0, total: 100 }, START);
    expect(made.snapshot().percent).toBe(50);
  });
});

describe('the time left', () => {
  test('is what is missing by the rate, in whole seconds', () => {
    const lines = '0 a 0 1000, 3 a 100';
    expect(meter(lines).snapshot()).toMatchObject({ rowsPerSecond: 33, percent: 10, etaSeconds: 27 });
  });

  test.each([
    ['without a total', '0 a 0, 2 a 100'],
    ['without a rate', '0 a 10 100'],
    ['while nothing moves', '0 a 10 100, 2 a 10 100'],
    ['when the estimate is used up', '0 a 10 100, 2 a 200 100'],
  ])('is not told %s', (_, lines) => {
    expect(meter(lines).snapshot().etaSeconds).toBeUndefined();
  });
});

test('every number is finite and within its bounds, whatever is reported', () => {
  const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const line = fc.record({ dataset: fc.constantFrom('a', 'b', 'c'), rows: count, bytes: count, at: count, total: fc.option(count, { nil: 0 }) });
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (lines, ended) => {
      const made = new ProgressMeter();
      for (const { at, ...progress } of lines) made.take(progress, at);
      if (ended) made.done('a', 5, 50);
      const { rowsPerSecond = 0, percent = 0, etaSeconds = 0 } = made.snapshot();
      expect([rowsPerSecond, percent, etaSeconds].every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
      expect(percent).toBeLessThanOrEqual(ended && lines.every(({ dataset }) => dataset === 'a') ? 100 : 99.9);
    }),
  );
});
