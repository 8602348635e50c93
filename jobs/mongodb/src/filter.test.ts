import { expect, test } from '@jest/globals';
import { filterOf, parseFilter } from './filter.ts';

test('a sample is drawn beside the own filter, whatever that holds', () => {
  const drawn = { $expr: { $lt: [{ $rand: {} }, 0.025] } };
  expect(filterOf({ sample: 2.5 })).toEqual(drawn);
  const filter = { $expr: { $gt: ['$a', '$b'] }, emitida: { $gte: { $date: '2025-01-01T00:00:00Z' } } };
  expect(filterOf({ filter, sample: 2.5 })).toEqual({ $and: [{ $expr: filter.$expr, emitida: { $gte: new Date('2025-01-01T00:00:00Z') } }, drawn] });
  expect(filterOf({ filter })).toEqual(parseFilter(filter));
  expect(filterOf({})).toEqual({});
});
