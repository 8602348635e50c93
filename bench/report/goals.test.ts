import { expect, test } from '@jest/globals';
import { goalLines } from './goals.ts';

test('each goal stands beside its figure, and one that was not measured says so', () => {
  const lines = goalLines({
    ratios: { postgresql: 1, postgresql_parallel: 1.59, mysql: 1.4, start: 1.06 },
    discard: {},
    growth: { postgresql: 1.1 },
    peak_mib: { postgresql_narrow_1m: 70, mysql_large_200_zstd: 128.1 },
    parquet: { postgresql: { ratio: 1.1, peak_mib: 180 } },
    gateway_idle_mb: 31.5,
    gateway: {
      posts: 100,
      slots: 4,
      answered: 99,
      statuses: { 202: 50, 502: 49, 503: 1 },
      seconds: 40,
      ended: 99,
      runs_per_second: 2.48,
      rest_seconds: 10,
      idle_mb: 31.4,
      peak_mb: 60.2,
    },
    failed: {},
  });
  expect(lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))).toEqual([
    'PostgreSQL, one reader | 1 | ≥ 1 | reached',
    'PostgreSQL, several readers | 1.59 | ≥ 1.6 | MISSED',
    'MySQL, one reader | 1.4 | ≥ 1.3 | reached',
    'MySQL, several readers | – | ≥ 2 | not measured',
    'MongoDB | – | ≥ 3 | not measured',
    'PostgreSQL in Parquet, by a tool | 1.1 | ≥ 1 | reached',
    'MySQL in Parquet, by a tool | – | ≥ 1 | not measured',
    'start, by docker run | 1.06 | ≤ 1.05 | MISSED',
    'time per row, postgresql | 1.1 | ≤ 1.1 | reached',
    'time per row, mysql | – | ≤ 1.1 | not measured',
    'highest memory peak of a job, MiB | 128.1 | ≤ 128 | MISSED',
    'gateway at rest, MB | 31.5 | ≤ 40 | reached',
    'POSTs at once without an answer | 1 | ≤ 0 | MISSED',
    'gateway at its peak, MB | 60.2 | ≤ 120 | reached',
    'event loop delay, p99, ms | – | ≤ 50 | not measured',
  ]);
});
