import { describe, expect, test } from '@jest/globals';
import { chartOf, groupsOf } from './chart.ts';
import { clientSeries, series } from './testing.ts';

describe('the chart', () => {
  const all = [
    series([4]),
    clientSeries([8]),
    series([]),
    series([1], { sink: 'discard' }),
    series([1], { headline: false }),
    series([1], { compression: 'gzip' }),
    series([1], { source: 'mongodb' }),
  ];

  test('shows the headline tables into the real S3, the stand-in for MongoDB and compressed files left out', () => {
    expect(groupsOf(all)).toEqual([
      {
        title: 'PostgreSQL, 1,000,000 rows',
        bars: [
          { label: 'esclusa', ours: true, mbPerSecond: 25, ratio: 2 },
          { label: 'psql', ours: false, mbPerSecond: 12.5, ratio: 1 },
        ],
      },
    ]);
  });

  test('draws bars by their throughput, in both themes, with names that can break no markup', () => {
    const svg = chartOf(
      [
        {
          title: 'a < b',
          bars: [
            { label: 'x & y', ours: true, mbPerSecond: 50, ratio: 1.5 },
            { label: 'z', ours: false, mbPerSecond: 25, ratio: 1 },
          ],
        },
      ],
      'foot',
    );
    expect([...svg.matchAll(/<rect class="(\w+)"[^>]* width="(\d+)"/g)].map(([, kind, width]) => [kind, Number(width)])).toEqual([
      ['ours', 380],
      ['peer', 190],
    ]);
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('x &amp; y');
    expect(svg).toContain('50 MB/s, ×1.50');
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  test('of nothing is still one', () => {
    expect(chartOf([], 'nothing was measured')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });
});
