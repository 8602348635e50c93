import { describe, expect, test } from '@jest/globals';
import { BufferPool } from './buffer-pool.ts';

describe('the pool of part buffers', () => {
  test('gives a buffer that came back again', () => {
    const pool = new BufferPool();
    const buffer = pool.take(8);
    pool.give(buffer);
    expect(pool.take(8)).toBe(buffer);
  });

  test('never gives one buffer to two at once', () => {
    const pool = new BufferPool();
    pool.give(pool.take(8));
    expect(pool.take(8)).not.toBe(pool.take(8));
  });

  test('gives buffers of exactly the size asked for', () => {
    const pool = new BufferPool();
    pool.give(pool.take(16));
    expect(pool.take(8).byteLength).toBe(8);
    expect(pool.take(32).byteLength).toBe(32);
  });

  test.each([
    ['smaller buffers go once parts have grown', 8, 16],
    ['larger ones go once another object has begun', 32, 8],
  ])('lets %s', (_, before, after) => {
    const pool = new BufferPool();
    const old = pool.take(before);
    pool.give(old);
    pool.give(pool.take(after));
    expect(pool.take(before)).not.toBe(old);
  });
});
