import { describe, expect, test } from '@jest/globals';
import { dataKeys, utcStamp } from './stamp.ts';

describe('utcStamp', () => {
  test('is the UTC second, cut and not rounded', () => {
    expect(utcStamp(new Date('2025-01-02T15:30:45.999Z'))).toBe('20250102_153045');
    expect(utcStamp(new Date('2024-12-31T23:30:00-05:00'))).toBe('20250101_043000');
  });
});

describe('dataKeys', () => {
  const RUN = '01943a7c-0000-7000-8000-0123456789ab';

  test("are the seed's for the run that reserved the second", () => {
    expect(dataKeys('ventas', ['medicos', 'recetas'], '20250102_153045', RUN, true)).toEqual({
      medicos: 'ventas/medicos_20250102_153045.csv',
      recetas: 'ventas/recetas_20250102_153045.csv',
    });
  });

  test("bear the random end of the run's id for any other run of the same second", () => {
    expect(dataKeys('ventas', ['medicos'], '20250102_153045', RUN, false)).toEqual({ medicos: 'ventas/medicos_20250102_153045_456789ab.csv' });
  });
});
