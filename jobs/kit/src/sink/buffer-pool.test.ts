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

  test('lets smaller buffers go once parts have grown', () => {
    const pool = new BufferPool();
    const small = pool.take(8);
    pool.give(small);
    pool.give(pool.take(16));
    expect(pool.take(8)).not.toBe(small);
  });
});
