import { describe, expect, test } from '@jest/globals';
import { utcStamp } from './stamp.ts';

describe('utcStamp', () => {
  test('is the UTC second, cut and not rounded', () => {
    expect(utcStamp(new Date('2025-01-02T15:30:45.999Z'))).toBe('20250102_153045');
    expect(utcStamp(new Date('2024-12-31T23:30:00-05:00'))).toBe('20250101_043000');
  });
});
