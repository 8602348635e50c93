import { describe, expect, test } from '@jest/globals';
import { planIncrement } from './increment.ts';

const plan = (value: unknown) =>
  planIncrement({ dataset: 'd', incremental: { cursor: 'c' }, state: { cursor: 'c', value }, now: new Date(0), first: async () => undefined });

describe("a collection's state", () => {
  test.each<[unknown, unknown]>([
    [{ $numberLong: '9223372036854775807' }, { $numberLong: '9223372036854775807' }],
    [{ $numberInt: '-5' }, { $numberLong: '-5' }],
    [5, { $numberLong: '5' }],
    [{ $date: '2025-01-01T00:00:00Z' }, { $date: { $numberLong: '1735689600000' } }],
    [{ $oid: '650000000000000000000000' }, { $oid: '650000000000000000000000' }],
    ["$where'; \u0000", "$where'; \u0000"],
  ])('%j is a value', async (given, from) => {
    const { told, filter } = await plan(given);
    expect(told).toMatchObject({ from });
    expect(Object.keys(filter)).toEqual(['c']);
    expect(Object.keys((filter as { c: object }).c).toSorted()).toEqual(['$gte', '$lte']);
  });

  // The library turns some of them into other values: 1215752191, 5, 0, 1970.
  test.each<unknown>([
    { $gt: '' },
    { $ne: null },
    { $where: '1' },
    { $oid: '650000000000000000000000', $gt: '' },
    { $date: { $numberLong: '0' }, $gt: '' },
    { $numberInt: '99999999999' },
    { $numberInt: '5.7' },
    { $numberInt: 'abc' },
    { $numberLong: '9223372036854775808' },
    { $numberDouble: '5' },
    { $date: 'yesterday' },
    { $date: { $numberLong: '99999999999999999' } },
    { $code: 'while (true);' },
    { $regularExpression: { pattern: '.*', options: '' } },
    { $minKey: 1 },
    { $symbol: 'a' },
    [5],
    5.5,
    2 ** 53,
    true,
    null,
    '\ud800',
  ])('%j is none', async (given) => {
    await expect(plan(given)).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });
});
