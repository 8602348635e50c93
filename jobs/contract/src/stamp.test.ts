import { describe, expect, test } from '@jest/globals';
import { stampEndsAt, utcStamp } from './stamp.ts';

describe('utcStamp', () => {
  test('is the UTC second, cut and not rounded', () => {
    expect(utcStamp(new Date('2025-01-02T15:30:45.999Z'))).toBe('20250102_153045');
    expect(utcStamp(new Date('2024-12-31T23:30:00-05:00'))).toBe('20250101_043000');
  });
});

describe('stampEndsAt', () => {
  test('is the instant at which the next second begins', () => {
    expect(stampEndsAt('20250102_153045')).toBe(Date.parse('2025-01-02T15:30:46Z'));
    expect(stampEndsAt('20241231_235959')).toBe(Date.parse('2025-01-01T00:00:00Z'));
  });

  test('is no number for what is no stamp', () => {
    expect(stampEndsAt('ayer')).toBeNaN();
  });
});
