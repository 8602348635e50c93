import { describe, expect, test } from '@jest/globals';
import type { SourceColumn, ValueType } from '../columns/value-type.ts';
import type { Incremental } from './incremental.ts';
import { sqlDatasetSchema } from './sql-dataset.ts';
import { type CursorSource, type IncrementAsked, planSqlIncrement } from './sql-increment.ts';

const TYPES: Readonly<Record<string, ValueType>> = {
  id: { kind: 'integer', bits: 64 },
  precio: { kind: 'decimal', precision: 12, scale: 2 },
  dia: { kind: 'date' },
  cambio: { kind: 'datetime', zone: true },
  nombre: { kind: 'text' },
  activo: { kind: 'boolean', trueValue: 't', falseValue: 'f' },
  peso: { kind: 'float', bits: 64 },
};
const columns: SourceColumn[] = Object.entries(TYPES).map(([name, values]) => ({ name, sourceType: values.kind, values }));

/** A source whose newest value is this one. */
const newest = (upper: string | undefined): CursorSource => ({
  dialectOf: ({ name }) => ({ column: name, literal: (value) => `'${value}'`, valueless: `${name} is null` }),
  upperBound: async () => upper,
});

const plan = (incremental: Incremental, { state, isRun = true }: Partial<IncrementAsked> = {}, upper?: string, key: string[] = []) =>
  planSqlIncrement('ventas', { incremental }, { state, isRun }, { columns, key }, newest(upper));

describe('the increment of a dataset of SQL', () => {
  test.each([
    ['everything, of which some have no value', {}, undefined, '9', [], "id <= '9' or id is null", '9'],
    ['everything, of which none has one', {}, undefined, undefined, [], 'id is null', undefined],
    ['what is new, with the last value', {}, '5', '9', [], "id >= '5' and id <= '9'", '9'],
    ['what is new of a primary key', {}, '5', '9', ['id'], "id > '5' and id <= '9'", '9'],
    ['of a primary key of two columns, with the last value', {}, '5', '9', ['id', 'dia'], "id >= '5' and id <= '9'", '9'],
    ['what is new and old enough', { lag: 3 }, '5', '9', [], "id > '5' and id <= '9'", '9'],
    ['nothing', {}, '5', undefined, [], "id >= '5' and false", '5'],
  ] as const)('%s', async (_what, more, from, to, key, condition, value) => {
    const state = from === undefined ? undefined : { cursor: 'id', value: from };
    const increment = await plan({ cursor: 'id', ...more }, { state }, to, [...key]);
    expect(increment?.condition).toBe(condition);
    expect(increment?.state).toEqual(value === undefined ? undefined : { cursor: 'id', value });
    expect(increment?.told).toMatchObject({ cursor: 'id', mode: from === undefined ? 'full' : 'increment' });
  });

  test('is only looked at where nothing is read', async () => {
    expect(await plan({ cursor: 'id' }, { isRun: false })).toBeUndefined();
    await expect(plan({ cursor: 'nada' }, { isRun: false })).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'nada' } });
  });

  test.each(['activo', 'peso'])('has no cursor %s', async (cursor) => {
    await expect(plan({ cursor })).rejects.toMatchObject({ code: 'QUERY_INVALID', details: { dataset: 'ventas', column: cursor } });
  });

  test('has no lag of a text', async () => {
    await expect(plan({ cursor: 'nombre', lag: 5 })).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  });

  test.each([
    ['id', '-9223372036854775808'],
    ['precio', '-12.50'],
    ['dia', '2025-01-02'],
    ['dia', '0044-03-15 BC'],
    ['cambio', '2025-01-02 15:30:45.123456+00'],
    ['cambio', '2025-01-02T15:30:45Z'],
    ['nombre', "' or true --"],
  ])('takes a state of %s: %s', async (cursor, value) => {
    expect((await plan({ cursor }, { state: { cursor, value } }, value))?.told).toMatchObject({ from: value });
  });

  test.each([
    ['id', '1 or 1=1'],
    ['id', ''],
    ['id', 5],
    ['precio', '1e5'],
    ['dia', "2025-01-02' or 'a"],
    ['dia', 'infinity'],
    ['cambio', '2025-01-02'],
    ['cambio', null],
    ['nombre', ['a']],
    ['nombre', undefined],
    ['nombre', '\ud800'],
    ['nombre', 'x'.repeat(10_001)],
    ['nombre', { $gt: '' }],
  ])('takes no state of %s: %j', async (cursor, value) => {
    await expect(plan({ cursor }, { state: { cursor, value } })).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });
});

describe('the end of an increment, as the source tells it', () => {
  test.each([
    ['id', '1 or 1=1'],
    ['dia', "2025-01-02' or 'a"],
    ['nombre', 'x'.repeat(10_001)],
  ])('of %s is no SQL: %s', async (cursor, upper) => {
    await expect(plan({ cursor }, {}, upper)).rejects.toMatchObject({ code: 'QUERY_INVALID', details: { column: cursor } });
  });
});

describe('a dataset that is read in increments', () => {
  const schema = sqlDatasetSchema({ table: 'a table', schema: 'a schema' });
  test.each([
    [{ incremental: { cursor: 'id' }, limit: 5 }, 'goes with neither "limit" nor "sample"'],
    [{ incremental: { cursor: 'id' }, sample: 5 }, 'goes with neither "limit" nor "sample"'],
    [{ incremental: { cursor: 'id' }, mask: { id: 'hash' } }, 'the cursor wears a mask'],
    [{ incremental: { cursor: 'id', lag: 0 } }, '>=1'],
    [{ incremental: { cursor: 'id', utcOffset: '-5' } }, 'an offset like'],
    [{ incremental: {} }, 'expected string'],
  ])('%j is refused', (dataset, problem) => {
    expect(
      schema
        .safeParse(dataset)
        .error?.issues.map(({ message }) => message)
        .join(),
    ).toContain(problem);
  });
});
