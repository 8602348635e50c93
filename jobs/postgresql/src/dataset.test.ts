import { describe, expect, test } from '@jest/globals';
import { jobJsonSchema } from '@esclusa/contract';
import { z } from 'zod';
import jobJson from '../job.json' with { type: 'json' };
import { datasetSchema } from './dataset.ts';
import { readSettings } from './settings.ts';

describe('a dataset of a PostgreSQL pipeline', () => {
  test.each([
    {},
    { table: 'productos' },
    { schema: 'ventas' },
    { table: 'productos', schema: 'ventas', columns: ['id', 'nombre'] },
    { query: 'select 1' },
    { query: 'select 1 as id', columns: ['id'] },
  ])('may be %j', (dataset) => {
    expect(datasetSchema.parse(dataset)).toEqual(dataset);
  });

  test.each([
    [{ query: 'select 1', table: 'productos' }, 'query'],
    [{ query: 'select 1', schema: 'ventas' }, 'query'],
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

describe('job.json', () => {
  const job = jobJsonSchema.parse(jobJson);

  test('describes datasets as the job checks them', () => {
    expect(job.datasets).toEqual(z.toJSONSchema(datasetSchema));
  });

  test('names every variable that the job reads, and marks as required those that it cannot do without', () => {
    const required = job.environment.filter((variable) => variable.required).map((variable) => variable.name);
    // What is read beyond them has a default, and so shows in the result.
    const read = readSettings(Object.fromEntries(required.map((name) => [name, 'x'])));
    expect(job.environment.map((variable) => variable.name).toSorted()).toEqual(Object.keys(read).toSorted());
    for (const name of required)
      expect(() => readSettings(Object.fromEntries(required.filter((other) => other !== name).map((other) => [other, 'x'])))).toThrow(name);
  });

  test('marks the password as secret and nothing else', () => {
    expect(job.environment.filter((variable) => variable.secret).map((variable) => variable.name)).toEqual(['POSTGRES_PASSWORD']);
  });
});
