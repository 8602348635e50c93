import { describe, expect, test } from '@jest/globals';
import { sqlDatasetSchema } from './sql-dataset.ts';

const datasetSchema = sqlDatasetSchema({ table: 'Table.', schema: 'Schema.' });

describe('a dataset of an SQL database', () => {
  test.each([
    {},
    { table: 'productos' },
    { schema: 'ventas' },
    { table: 'productos', schema: 'ventas', columns: ['id', 'nombre'] },
    { where: 'precio > 5', exclude: ['nota'], limit: 10, strict: true },
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
