import { describe, expect, test } from '@jest/globals';
import { compressionEnding, fileEnding, formatEnding } from './format.ts';

describe('compressionEnding', () => {
  test.each([
    [{}, ''],
    [{ compression: 'gzip' }, '.gz'],
    [{ compression: 'zstd', table: 'x' }, '.zst'],
    // Another job may have other words for other things; its own schema judges them.
    [{ compression: 'lzma' }, ''],
    [{ compression: ['gzip'] }, ''],
    [{ compression: 'gzip', format: 'csv' }, '.gz'],
    // Its pages are compressed, and not the file.
    [{ compression: 'gzip', format: 'parquet' }, ''],
  ])('of %j is %j', (dataset, ending) => {
    expect(compressionEnding(dataset)).toBe(ending);
  });
});

describe('formatEnding', () => {
  test.each([
    [{}, '.csv'],
    [{ format: 'csv' }, '.csv'],
    [{ format: 'parquet' }, '.parquet'],
    [{ format: 'avro' }, '.csv'],
    [{ format: ['parquet'] }, '.csv'],
  ])('of %j is %j', (dataset, ending) => {
    expect(formatEnding(dataset)).toBe(ending);
  });
});

describe('fileEnding', () => {
  test.each([
    [{}, '.csv'],
    [{ compression: 'zstd' }, '.csv.zst'],
    [{ format: 'parquet', compression: 'zstd' }, '.parquet'],
  ])('of %j is %j', (dataset, ending) => {
    expect(fileEnding(dataset)).toBe(ending);
  });
});
