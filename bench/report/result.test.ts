import { describe, expect, test } from '@jest/globals';
import { tableOf } from '../data/tables.ts';
import { growth, headlineRatios, parquetFigures, peaks, ratioOf, summaryOf } from './result.ts';
import { clientSeries, series } from './testing.ts';

describe('a series', () => {
  test('comes to the medians of its rounds, and to the highest of its peaks', () => {
    expect(summaryOf(series([4, 2, 9]))).toEqual({ seconds: 4, within: 3.5, mb: 100, mbPerSecond: 25, rowsPerSecond: 250_000, peakMiB: 69 });
  });

  test('without a round that came to its end comes to nothing', () => {
    expect(summaryOf(series([]))).toBeUndefined();
    expect(ratioOf([clientSeries([3])], series([]))).toBeUndefined();
  });
});

describe('a ratio', () => {
  const ours = series([2]);

  test("is the client's time by that of the contender", () => {
    expect(ratioOf([ours, clientSeries([3, 3, 4])], ours)).toBe(1.5);
  });

  test('compares with nobody but the client, of the same source, table and sink', () => {
    const others = [
      clientSeries([9], { sink: 'discard' }),
      clientSeries([9], { source: 'mysql' }),
      clientSeries([9], { table: tableOf('wide', 1_000_000) }),
      clientSeries([9], { role: 'tool', contender: 'chDB' }),
    ];
    expect(ratioOf([ours, ...others], ours)).toBeUndefined();
    expect(ratioOf([ours, ...others, clientSeries([1])], ours)).toBe(0.5);
  });

  test('in Parquet is by the fastest tool, told of the largest table, and counts for nothing else', () => {
    const parquet = { format: 'parquet', headline: false } as const;
    const small = tableOf('narrow', 10_000);
    const all = [
      series([4], parquet),
      series([2], { ...parquet, readers: 2 }),
      series([1], { ...parquet, table: small }),
      clientSeries([6], { ...parquet, role: 'tool', contender: 'chDB' }),
      clientSeries([3], { ...parquet, role: 'tool', contender: 'ConnectorX' }),
      clientSeries([1]),
      clientSeries([1], { role: 'tool' }),
    ];
    expect(all.slice(0, 3).map((one) => ratioOf(all, one))).toEqual([0.75, 1.5, undefined]);
    expect(parquetFigures(all)).toEqual({ postgresql: { ratio: 1.5, peak_mib: 62 } });
    expect([peaks(all), headlineRatios(all, 's3'), growth(all)]).toEqual([{}, {}, {}]);
  });

  test('is told by source, by the number of readers, and for the headline tables alone', () => {
    const all = [
      series([4]),
      series([2], { readers: 2, contender: 'esclusa, 2 readers' }),
      series([1], { table: tableOf('wide', 1_000_000), headline: false }),
      series([1], { sink: 'discard' }),
      clientSeries([4]),
      clientSeries([4], { table: tableOf('wide', 1_000_000) }),
      clientSeries([4], { sink: 'discard' }),
      series([2], { source: 'mongodb' }),
      clientSeries([1], { source: 'mongodb' }),
      series([1], { source: 'mongodb_replay' }),
      clientSeries([3], { source: 'mongodb_replay' }),
    ];
    expect(headlineRatios(all, 's3')).toEqual({ postgresql: 1, postgresql_parallel: 2, mongodb_stand_in: 0.5, mongodb: 3 });
    expect(headlineRatios(all, 'discard')).toEqual({ postgresql: 4 });
  });
});

test("peaks are ours, the highest of each table's", () => {
  const all = [series([4]), series([2], { sink: 'discard' }), series([9], { table: tableOf('large', 200) }), clientSeries([40])];
  expect(peaks(all)).toEqual({ postgresql_narrow_1m: 64, postgresql_large_200: 69 });
});

describe('growth', () => {
  const ten = { table: tableOf('narrow', 10_000_000) };

  test('is the time per row of the largest narrow table by that of the next, starts left out', () => {
    expect(growth([series([2.5]), series([22.5], ten), series([9], { table: tableOf('narrow', 10_000) })])).toEqual({ postgresql: 1.1 });
  });

  test('is not told of one table, nor of other readers and sinks', () => {
    expect(growth([series([2.5]), series([22.5], { ...ten, readers: 2 }), series([22.5], { ...ten, sink: 'discard' }), clientSeries([22.5], ten)])).toEqual({});
  });
});
