import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type KeyParts, dataKeys, destinationOf } from './stamp.ts';

const RUN = '01943a7c-0000-7000-8000-0123456789ab';
const PARTS: KeyParts = { destination: 'ventas', pipeline: 'ventas', run: RUN, attempt: 1, stamp: '20250102_153045', reserved: true };

/** The key of one dataset. */
function keyOf(template: string, parts: Partial<KeyParts> = {}, dataset = 'medicos'): string | undefined {
  return dataKeys({ [dataset]: {} }, { ...PARTS, template, ...parts })[dataset];
}

describe('dataKeys', () => {
  test("are the seed's for the run that reserved the second", () => {
    expect(dataKeys({ medicos: {}, recetas: {} }, PARTS)).toEqual({
      medicos: 'ventas/medicos_20250102_153045.csv',
      recetas: 'ventas/recetas_20250102_153045.csv',
    });
    expect(dataKeys({ medicos: {} }, { ...PARTS, attempt: 2 })).toEqual({ medicos: 'ventas/medicos_20250102_153045.csv' });
  });

  test("bear the random end of the run's id for any other run of the same second", () => {
    expect(dataKeys({ medicos: {} }, { ...PARTS, reserved: false })).toEqual({ medicos: 'ventas/medicos_20250102_153045_456789ab.csv' });
  });

  test("are what the pipeline's template says", () => {
    expect(keyOf('{pipeline}/dt={date}/{dataset}_{time}.csv')).toBe('ventas/dt=2025-01-02/medicos_153045.csv');
    expect(keyOf('lago/{dataset}/{run}.csv')).toBe(`lago/medicos/${RUN}.csv`);
    expect(keyOf('{dataset}/{dataset}_{date}{time}')).toBe('medicos/medicos_2025-01-02153045');
  });

  test.each([
    [undefined, 'ventas/m_20250102_153045.csv', 'ventas/m_20250102_153045.csv.gz', 'ventas/m_20250102_153045.csv.zst'],
    ['{run}/{dataset}.csv', `${RUN}/m.csv`, `${RUN}/m.csv.gz`, `${RUN}/m.csv.zst`],
    ['{run}/{dataset}', `${RUN}/m`, `${RUN}/m.gz`, `${RUN}/m.zst`],
    ['{run}/{dataset}.csv.gz', `${RUN}/m.csv.gz`, `${RUN}/m.csv.gz`, `${RUN}/m.csv.gz.zst`],
  ])('of the template %s end as their datasets are compressed, and not twice', (template, plain, gzip, zstd) => {
    const keys = [{}, { compression: 'gzip' }, { compression: 'zstd' }].map((m) => dataKeys({ m }, { ...PARTS, template })['m']);
    expect(keys).toEqual([plain, gzip, zstd]);
  });

  test.each([
    [undefined, 'ventas/m_20250102_153045.parquet'],
    ['{run}/{dataset}.parquet', `${RUN}/m.parquet`],
    ['{run}/{dataset}', `${RUN}/m.parquet`],
  ])('of the template %s end as Parquet does, whatever compresses its pages', (template, key) => {
    for (const compression of [undefined, 'gzip']) expect(dataKeys({ m: { format: 'parquet', compression } }, { ...PARTS, template })).toEqual({ m: key });
  });

  test('bear the end of the run id before the ending of the compressed file too', () => {
    const reserved = { ...PARTS, reserved: false };
    const m = { compression: 'zstd' };
    expect(dataKeys({ m }, reserved)).toEqual({ m: 'ventas/m_20250102_153045_456789ab.csv.zst' });
    expect(dataKeys({ m }, { ...reserved, template: '{dataset}/{date}/{time}.csv' })).toEqual({ m: 'm/2025-01-02/153045_456789ab.csv.zst' });
  });

  test('take a name for what it is, whatever stands in it', () => {
    expect(keyOf('{dataset}/{run}.csv', {}, 'a{run}$&')).toBe(`a{run}$&/${RUN}.csv`);
  });

  test.each([
    ['{dataset}_{date}_{time}.csv', 'medicos_2025-01-02_153045_456789ab.csv'],
    ['{dataset}_{date}_{time}.csv.gz', 'medicos_2025-01-02_153045_456789ab.csv.gz'],
    ['{date}/{time}/{dataset}', '2025-01-02/153045/medicos_456789ab'],
    ['{dataset}/{date}/{time}/datos.csv', 'medicos/2025-01-02/153045/datos_456789ab.csv'],
    ['v1.csv/{dataset}/{date}/{time}', 'v1.csv/medicos/2025-01-02/153045_456789ab'],
    ['{dataset}_{date}_{time}_v1.2.csv', 'medicos_2025-01-02_153045_v1.2_456789ab.csv'],
  ])('of the template %s bear the end of the run id before their ending when the second is not reserved', (template, key) => {
    expect(keyOf(template, { reserved: false })).toBe(key);
  });

  test("find the ending in the template, not in a dataset's name", () => {
    expect(keyOf('{date}/{time}/{dataset}', { reserved: false }, 'a.csv')).toBe('2025-01-02/153045/a.csv_456789ab');
  });

  test('need no reserved second when the run stands in the template', () => {
    expect(keyOf('{run}/{dataset}_{date}_{time}.csv', { reserved: false, attempt: 2 })).toBe(`${RUN}/medicos_2025-01-02_153045.csv`);
    expect(keyOf('{run}/{dataset}.csv', { reserved: false })).toBe(`${RUN}/medicos.csv`);
  });

  test('tell a retry from the attempt before it when only the run stands in the template', () => {
    expect(keyOf('{run}/{dataset}.csv', { attempt: 2 })).toBe(`${RUN}/medicos_2.csv`);
    expect(keyOf('{date}/{run}/{dataset}.csv', { attempt: 3, reserved: false })).toBe(`2025-01-02/${RUN}/medicos_3.csv`);
  });

  test('differ between runs of one second, attempts of one run, and datasets of one attempt', () => {
    const templates = ['{pipeline}/dt={date}/{dataset}_{time}.csv', '{dataset}/{run}.csv', '{dataset}-{run}-{date}.csv', '{dataset}{date}{time}', undefined];
    const other = '01943a7c-0000-7000-8000-ba9876543210';
    fc.assert(
      fc.property(fc.constantFrom(...templates), (template) => {
        // What the ledger gives out: one second to one run at a time, and a later one to a retry.
        const attempts: Partial<KeyParts>[] = [{}, { attempt: 2, stamp: '20250102_153050' }, { run: other, reserved: false }];
        const keys = attempts.flatMap((parts) => Object.values(dataKeys({ a: {}, b: { compression: 'gzip' } }, { ...PARTS, template, ...parts })));
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});

describe('destinationOf', () => {
  test.each([
    [{}, 'ventas'],
    [{ prefix: 'lago/es' }, 'lago/es'],
    [{ key: '{pipeline}/{dataset}_{run}.csv' }, 'ventas'],
    [{ key: 'lago/es/{dataset}_{run}.csv' }, 'lago/es'],
    [{ key: 'lago/dt={date}/{dataset}_{time}.csv' }, 'lago/dt='],
  ])('of %j is %s', (destination, expected) => {
    expect(destinationOf({ name: 'ventas', destination })).toBe(expected);
  });
});
