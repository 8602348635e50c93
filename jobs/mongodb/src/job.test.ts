import { describe, expect, test } from '@jest/globals';
import { describeJobJson, problemsOf } from '../../kit/src/testing/job-description.ts';
import jobJson from '../job.json' with { type: 'json' };
import { datasetSchema } from './dataset.ts';
import { mongodb } from './job.ts';
import { readSettings } from './settings.ts';

describeJobJson({ job: mongodb, jobJson, readSettings, secrets: ['MONGO_URL', 'MONGO_PASSWORD'], beside: { MONGO_HOST: 'x', MONGO_URL: 'mongodb://x' } });

const problems = (settings: Record<string, string>): unknown => problemsOf(readSettings, settings);

describe('settings MONGO_*', () => {
  const least = { MONGO_HOST: 'db', MONGO_DATABASE: 'pharmavida' };
  test('what may be left out has its default', () => {
    expect(readSettings({ ...least, PATH: '/bin' })).toEqual({
      ...least,
      MONGO_PORT: 27_017,
      MONGO_USER: '',
      MONGO_PASSWORD: '',
      MONGO_AUTH_SOURCE: 'admin',
      MONGO_SSLMODE: 'disable',
      MONGO_CONSISTENCY: 'prefer',
    });
  });

  test('a URL stands for the host', () => {
    expect(problems({ MONGO_URL: 'mongodb+srv://u:p@cluster.example/', MONGO_DATABASE: 'x' })).toEqual([]);
    expect(problems({ MONGO_DATABASE: 'x' })).toEqual([expect.stringContaining('MONGO_HOST is not set')]);
  });

  test.each([
    ['MONGO_PORT', 'abc'],
    ['MONGO_PORT', '0'],
    ['MONGO_SSLMODE', 'prefer'],
    ['MONGO_CONSISTENCY', 'maybe'],
    ['MONGO_URL', 'http://db'],
    ['MONGO_HOST', ''],
  ])('%s=%j is refused instead of taking the default', (name, value) => {
    expect(problems({ ...least, [name]: value })).toEqual([expect.stringMatching(`^${name}`)]);
  });

  test('neither password nor URL is ever shown', () => {
    expect(JSON.stringify(problems({ MONGO_PASSWORD: 'hunter2', MONGO_URL: 'x://u:hunter2@db', MONGO_PORT: 'x' }))).not.toContain('hunter2');
  });
});

describe('a dataset of a MongoDB pipeline', () => {
  test.each([
    {},
    { collection: 'médicos' },
    { columns: ['cmp', 'paciente.dni', { name: 'dni', path: 'paciente.dni' }] },
    { filter: { emitida: { $gte: { $date: '2025-01-01T00:00:00Z' } } }, sort: { _id: 1 } },
    { sample: 0.5, limit: 10 },
    { flatten: true, exclude: ['direccion.calle'] },
  ])('may be %j', (dataset) => {
    expect(datasetSchema.parse(dataset)).toEqual(dataset);
  });

  test.each([
    [{ columns: [] }, 'columns'],
    [{ columns: ['a..b'] }, 'columns.0'],
    [{ columns: ['.a'] }, 'columns.0'],
    [{ columns: [{ path: 'a' }] }, 'columns.0'],
    [{ collection: '' }, 'collection'],
    [{ sort: { a: 2 } }, 'sort.a'],
    [{ filter: [] }, 'filter'],
    [{ flatten: true, columns: ['a'] }, 'flatten'],
    [{ flatten: 'yes' }, 'flatten'],
    [{ sample: 0 }, 'sample'],
    [{ sample: 101 }, 'sample'],
    [{ table: 'x' }, ''],
  ])('may not be %j', (dataset, path) => {
    expect(datasetSchema.safeParse(dataset).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
