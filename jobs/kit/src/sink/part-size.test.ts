import { describe, expect, test } from '@jest/globals';
import { MAX_OBJECT_BYTES, MAX_PARTS, MAX_SPLIT_MIB, partSize, partsInFlight } from './part-size.ts';

const MiB = 1024 * 1024;
const sizes = Array.from({ length: MAX_PARTS }, (_, index) => partSize(index + 1) ?? 0);

describe('the size of parts', () => {
  test('never shrinks, since spare buffers are only used again upwards', () => {
    expect(sizes.every((size, index) => size >= (sizes[index - 1] ?? 0))).toBe(true);
  });

  test('is never below what S3 takes, nor so large that a few parts fill a small container', () => {
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(5 * MiB);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * MiB);
  });

  test('lets one object hold 300 GB', () => {
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(MAX_OBJECT_BYTES);
    expect(MAX_OBJECT_BYTES).toBeGreaterThanOrEqual(300e9);
    // The longest row of any source is a packet of 1 GiB, and may be twice as long with its quotes doubled.
    expect(MAX_OBJECT_BYTES - MAX_SPLIT_MIB * MiB).toBeGreaterThan(3 * 1024 * MiB);
  });

  test('and how many are on their way bound the memory to 64 MiB, with one at least', () => {
    for (const size of new Set(sizes)) {
      expect(partsInFlight(size)).toBeGreaterThanOrEqual(1);
      expect((partsInFlight(size) + 1) * size).toBeLessThanOrEqual(64 * MiB);
    }
  });

  test("ends with S3's bound on parts", () => {
    expect(partSize(MAX_PARTS)).toBeDefined();
    expect(partSize(MAX_PARTS + 1)).toBeUndefined();
  });
});
