import { describe, expect, test } from '@jest/globals';
import { dataKeys } from './stamp.ts';

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
