import { expect, test } from '@jest/globals';
import { mysqlStatements } from './mysql.ts';
import { tableOf } from './tables.ts';

test('a table is named after its shape and rows', () => {
  expect([tableOf('narrow', 10_000_000), tableOf('wide', 500_000), tableOf('large', 50)].map(({ name }) => name)).toEqual([
    'narrow_10m',
    'wide_500k',
    'large_50',
  ]);
});

test("MySQL's rows are inserted in pieces that have every number once", () => {
  const inserts = mysqlStatements(tableOf('narrow', 1_200_000)).filter((statement) => statement.startsWith('insert'));
  expect(inserts.map((insert) => /n \+ (\d+) as g from numeros where n <= (\d+)/.exec(insert)?.slice(1).map(Number))).toEqual([
    [0, 500_000],
    [500_000, 500_000],
    [1_000_000, 200_000],
  ]);
});
