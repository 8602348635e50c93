import { describe, expect, test } from '@jest/globals';
import { compressionEnding } from './compression.ts';

describe('compressionEnding', () => {
  test.each([
    [{}, ''],
    [{ compression: 'gzip' }, '.gz'],
    [{ compression: 'zstd', table: 'x' }, '.zst'],
    // Another job may have other words for other things; its own schema judges them.
    [{ compression: 'lzma' }, ''],
    [{ compression: ['gzip'] }, ''],
  ])('of %j is %j', (dataset, ending) => {
    expect(compressionEnding(dataset)).toBe(ending);
  });
});
