import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { JobProgress } from '@esclusa/contract';
import type { JobOutput } from './output.ts';
import { progressReporter } from './progress.ts';

describe('progress', () => {
  const said: Omit<JobProgress, 'type'>[] = [];
  const output: JobOutput = { log: () => {}, progress: (progress) => said.push(progress), final: async () => {} };

  beforeEach(() => {
    said.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is said no more often than the contract allows, however often it is reported', () => {
    const report = progressReporter(output, 'productos', undefined);
    for (let rows = 0; rows < 10_000; rows++) {
      report(rows, rows);
      jest.advanceTimersByTime(1);
    }
    expect(said.length).toBeGreaterThan(5);
    expect(said.length).toBeLessThanOrEqual(20);
  });

  test('is said at the end whatever the clock says, with the total when it is known', () => {
    progressReporter(output, 'productos', 10)(10, 512, { now: true });
    progressReporter(output, 'ofertas', undefined)(3, 64, { now: true });
    expect(said).toMatchObject([
      { dataset: 'productos', rows: 10, bytes: 512, total: 10 },
      { dataset: 'ofertas', rows: 3, bytes: 64 },
    ]);
    expect(said[1]).not.toHaveProperty('total');
  });
});
