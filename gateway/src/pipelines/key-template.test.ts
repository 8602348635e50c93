import { describe, expect, test } from '@jest/globals';
import { pathProblem, templateProblem } from './key-template.ts';

describe('templateProblem', () => {
  test.each(['{pipeline}/dt={date}/{dataset}_{time}.csv', '{dataset}/{run}', '{run}_{dataset}.csv', 'año/{dataset}-{date}-{time}.csv.gz'])(
    'finds nothing wrong with %s',
    (template) => {
      expect(templateProblem(template)).toBeUndefined();
    },
  );

  test.each([
    ['{dataset}_{stamp}.csv', '{stamp}'],
    ['{dataset}_{}_{run}.csv', '{}'],
    ['{Dataset}_{run}.csv', '{Dataset}'],
    ['{dataset_{run}.csv', 'brace'],
    ['dataset}_{run}.csv', 'brace'],
    ['{pipeline}/{run}.csv', 'needs {dataset}'],
    ['{dataset}.csv', 'needs {run}, or both'],
    ['{dataset}_{date}.csv', 'needs {run}, or both'],
    ['{dataset}_{time}.csv', 'needs {run}, or both'],
    ['/{dataset}_{run}.csv', '"/" at its beginning'],
    ['{dataset}_{run}/', '"/" at its beginning or end'],
    ['a//{dataset}_{run}.csv', '"//"'],
    ['s3://lago/{dataset}_{run}.csv', 'no URL'],
    ['./{dataset}_{run}.csv', 'the part "."'],
    ['a/../{dataset}_{run}.csv', 'the part ".."'],
    ['.a/{dataset}_{run}.csv', 'the part ".a"'],
    ['~a/{dataset}_{run}.csv', 'the part "~a"'],
    ['a\\{dataset}_{run}.csv', 'backslash'],
    ['a b/{dataset}_{run}.csv', 'space'],
    ['a\u0001/{dataset}_{run}.csv', 'control character'],
    ['', 'empty'],
  ])('says what mends %j', (template, words) => {
    expect(templateProblem(template)).toContain(words);
  });
});

test('pathProblem lets dots and tildes stand within a part', () => {
  expect(pathProblem('ventas.es/a~b/dt=2025')).toBeUndefined();
});
