import { expect, test } from '@jest/globals';
import { textOf } from './table.ts';
import { clientSeries, series } from './testing.ts';

test('the table has a block for each table and sink, with columns that stand below each other', () => {
  const failed = series([], { role: 'tool', contender: 'chDB', failure: 'Traceback\nRuntimeError: no route\n' });
  const all = [series([4]), clientSeries([6]), failed, series([10], { sink: 'discard' })];
  expect(textOf(all, { s3: 'an S3', discard: 'nothing' })).toBe(
    `postgresql, narrow_1m: 1,000,000 rows, 100 MB, to an S3
              s  without start  MB/s   rows/s  peak MiB     ×
  esclusa  4.00           3.50    25  250,000        64  1.50
  psql     6.00           5.50    17  166,667        66  1.00
  chDB     failed: RuntimeError: no route

postgresql, narrow_1m: 1,000,000 rows, 100 MB, to nothing
               s  without start  MB/s   rows/s  peak MiB  ×
  esclusa  10.00           9.50    10  100,000        70`,
  );
});
