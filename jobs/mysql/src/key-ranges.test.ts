import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type KeyRange, KeyRanges, type KeySpan, inKeys } from './key-ranges.ts';

const RANGE_BYTES = 2 * 1024 * 1024;

const key = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
const span = fc
  .record({ keys: fc.tuple(key, key), bytes: fc.nat({ max: 1_000_000_000 }) })
  .map(({ keys: [a, b], bytes }): KeySpan => ({ first: a < b ? a : b, last: a < b ? b : a, bytes }));

function all(span: KeySpan | undefined, bytesOf: (range: KeyRange) => number): KeyRange[] {
  const ranges = new KeyRanges(span, RANGE_BYTES);
  const found: KeyRange[] = [];
  for (let range = ranges.next(); range !== undefined; range = ranges.next()) {
    found.push(range);
    ranges.ended(range, bytesOf(range));
  }
  return found;
}

describe('the ranges of a table', () => {
  test('follow on each other without a gap, from the first key to an open end', () => {
    fc.assert(
      fc.property(span, fc.infiniteStream(fc.integer({ min: RANGE_BYTES / 4, max: 50_000_000 })), (of, sizes) => {
        let read = 0;
        // Each has bytes, so that they come to an end within what the table has.
        const ranges = all(of, () => (read++ < 1_000 ? sizes.next().value : 1));
        expect(ranges[0]?.from).toBe(of.first);
        expect(ranges.at(-1)?.to).toBeUndefined();
        ranges.slice(1).forEach(({ from }, index) => expect(from).toBe(ranges[index]?.to));
      }),
      { numRuns: 50 },
    );
  });

  test('are none where there are no rows', () => {
    expect(all(undefined, () => 0)).toEqual([]);
  });

  test.each([1, 100, 8_000])('come to have about the bytes that are wanted where a key has %i', (perKey) => {
    const ranges = all({ first: -5n, last: 20_000_000n / BigInt(perKey) + 1_000_000n, bytes: 1e8 }, ({ from, to = from }) => Number(to - from) * perKey);
    const { from, to = from } = ranges.at(-2) ?? { from: 0n };
    expect((Number(to - from) * perKey) / RANGE_BYTES).toBeGreaterThan(0.5);
    expect((Number(to - from) * perKey) / RANGE_BYTES).toBeLessThan(2);
  });

  test('go on behind a gap that was looked up, as wide as before', () => {
    const ranges = new KeyRanges({ first: 0n, last: 2n ** 63n, bytes: 2 ** 43 }, RANGE_BYTES);
    const { to = 0n } = ranges.next() ?? {};
    ranges.skipTo(2n ** 62n);
    const next = ranges.next();
    expect(next).toEqual({ from: 2n ** 62n, to: 2n ** 62n + to });
    ranges.skipTo(5n);
    expect(ranges.next()?.from).toBe(next?.to);
  });

  test('are conditions on the key', () => {
    expect(inKeys('`id`', { from: -5n, to: 18446744073709551615n })).toBe('`id` >= -5 and `id` < 18446744073709551615');
    expect(inKeys('`id`', { from: 5n })).toBe('`id` >= 5');
  });
});
