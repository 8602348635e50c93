import { describe, expect, test } from '@jest/globals';
import { isKept, keepLabels, keepMark, readKeepLabels } from './keep.ts';

const NOW = new Date('2025-01-02T15:30:45.000Z');

describe('keeping containers', () => {
  test.each([
    ['none', true, false],
    ['none', false, false],
    ['failed', true, false],
    ['failed', false, true],
    ['all', true, true],
    ['all', false, true],
  ] as const)('"%s", succeeded %s: kept %s', (keep, succeeded, kept) => {
    expect(isKept(keep, succeeded)).toBe(kept);
  });

  test('the time counts from the latest end that the job may have', () => {
    expect(keepMark('all', 1_800, 24, NOW)).toEqual({ which: 'all', until: new Date('2025-01-03T16:00:45.000Z') });
    expect(keepMark('none', 1_800, 24, NOW)).toBeUndefined();
  });

  test('labels say it and are read back', () => {
    const mark = { which: 'failed', until: NOW } as const;
    expect(keepLabels(mark)).toEqual({ 'esclusa.keep': 'failed', 'esclusa.keep-until': '2025-01-02T15:30:45.000Z' });
    expect(readKeepLabels(keepLabels(mark))).toEqual(mark);
  });

  test.each([{}, { 'esclusa.keep': 'all' }, { 'esclusa.keep': 'all', 'esclusa.keep-until': 'tomorrow' }, { 'esclusa.keep-until': NOW.toISOString() }])(
    '%j says nothing',
    (labels) => {
      expect(readKeepLabels(labels as Record<string, string>)).toBeUndefined();
    },
  );
});
