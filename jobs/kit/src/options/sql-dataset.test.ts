import { describe, expect, test } from '@jest/globals';
import { isWholeQuery, restOfSelect, sqlDatasetSchema } from './sql-dataset.ts';

const datasetSchema = sqlDatasetSchema({ table: 'Table.', schema: 'Schema.' });

describe('a dataset of an SQL database', () => {
  test.each([
    {},
    { table: 'productos' },
    { schema: 'ventas' },
    { table: 'productos', schema: 'ventas', columns: ['id', 'nombre'] },
    { where: 'precio > 5', exclude: ['nota'], limit: 10, sample: 0.5, strict: true },
    { mask: { dni: 'hash', correo: 'hmac', nombre: 'redact', tarjeta: 'partial' } },
    { csv: { delimiter: ';', quoteAll: true, nullToken: '\\N', bom: true, guardFormulas: true } },
    { query: 'select 1' },
    { query: 'select 1 as id', columns: ['id'] },
  ])('may be %j', (dataset) => {
    expect(datasetSchema.parse(dataset)).toEqual(dataset);
  });

  test.each([
    [{ query: 'select 1', table: 'productos' }, 'query'],
    [{ query: 'select 1', schema: 'ventas' }, 'query'],
    [{ query: 'select 1', where: 'true' }, 'query'],
    [{ columns: ['id'], exclude: ['nota'] }, 'exclude'],
    [{ limit: 0 }, 'limit'],
    [{ sample: 0 }, 'sample'],
    [{ sample: 101 }, 'sample'],
    [{ mask: { dni: 'md5' } }, 'mask.dni'],
    [{ csv: { delimiter: '::' } }, 'csv.delimiter'],
    [{ csv: { nullToken: 'a;b' } }, 'csv.nullToken'],
    [{ csv: { nullToken: '\\.' } }, 'csv.nullToken'],
    [{ csv: { separator: ';' } }, 'csv'],
    [{ strict: 'yes' }, 'strict'],
    [{ query: '' }, 'query'],
    [{ table: '' }, 'table'],
    [{ table: 5 }, 'table'],
    [{ columns: [] }, 'columns'],
    [{ columns: ['id', ''] }, 'columns.1'],
    [{ columns: 'id' }, 'columns'],
    [{ tabel: 'productos' }, ''],
  ])('may not be %j', (dataset, path) => {
    expect(datasetSchema.safeParse(dataset).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('the rest of a SELECT', () => {
  test.each([
    [{}, ''],
    [{ where: 'a or b -- c' }, ' where (\na or b -- c\n)'],
    [{ sample: 12.5 }, ' where random() < 0.125'],
    [{ where: 'a or b', sample: 100, limit: 5 }, ' where (\na or b\n) and random() < 1 limit 5'],
  ])('of %j is %j', (dataset, rest) => {
    expect(restOfSelect(dataset, 'random()')).toBe(rest);
  });

  test('is not there for a query that is wanted whole', () => {
    expect(isWholeQuery({ query: 'select 1' }, 1, 1)).toBe(true);
    for (const option of [{ sample: 5 }, { limit: 5 }, { columns: ['a'] }]) expect(isWholeQuery({ query: 'select 1', ...option }, 1, 1)).toBe(false);
    expect(isWholeQuery({ query: 'select 1' }, 1, 2)).toBe(false);
  });
});
