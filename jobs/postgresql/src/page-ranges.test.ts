import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PageRange, PageRanges, inPages } from './page-ranges.ts';

const RANGE_BYTES = 2 * 1024 * 1024;

function all(pages: number, bytesOf: (range: PageRange) => number): PageRange[] {
  const ranges = new PageRanges(pages, RANGE_BYTES);
  const found: PageRange[] = [];
  for (let range = ranges.next(); range !== undefined; range = ranges.next()) {
    found.push(range);
    ranges.ended(range, bytesOf(range));
  }
  return found;
}

describe('the ranges of a table', () => {
  test('follow on each other without a gap, from the first page to an open end', () => {
    fc.assert(
      fc.property(fc.nat({ max: 5_000 }), fc.infiniteStream(fc.nat({ max: 50_000_000 })), (pages, sizes) => {
        const ranges = all(pages, () => sizes.next().value ?? 0);
        expect(ranges[0]?.from).toBe(0);
        expect(ranges.at(-1)?.to).toBeUndefined();
        expect(ranges.slice(1).map(({ from }) => from)).toEqual(ranges.slice(0, -1).map(({ to }) => to));
      }),
    );
  });

  test.each([100, 8_000, 200_000])('come to have about the bytes that are wanted where a page has %i', (perPage) => {
    const ranges = all(200_000, ({ from, to = from }) => (to - from) * perPage);
    const { from, to = from } = ranges.at(-2) ?? { from: 0 };
    expect(((to - from) * perPage) / RANGE_BYTES).toBeGreaterThan(0.5);
    expect(((to - from) * perPage) / RANGE_BYTES).toBeLessThan(2);
  });

  test('are conditions on ctid', () => {
    expect(inPages({ from: 0, to: 5 })).toBe("ctid >= '(0,0)'::tid and ctid < '(5,0)'::tid");
    expect(inPages({ from: 5 })).toBe("ctid >= '(5,0)'::tid");
  });
});
