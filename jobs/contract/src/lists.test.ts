import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { commitSchema } from './commit.ts';
import { listOf, recordOf } from './lists.ts';
import { resultSchema } from './messages.ts';

const MANY = 100_000;
const wrong = Array.from({ length: MANY }, () => ({}));
const named = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`n${at}`, {}]));

describe('listOf', () => {
  const schema = z.object({ list: listOf(z.object({ name: z.string(), size: z.int().default(1) }), { least: 2 }) });

  test('reads what z.array reads', () => {
    expect(schema.parse({ list: [{ name: 'a' }, { name: 'b', size: 2, more: true }] })).toEqual({
      list: [
        { name: 'a', size: 1 },
        { name: 'b', size: 2 },
      ],
    });
  });

  test('says where an element is wrong, and how', () => {
    const { issues } = schema.safeParse({ list: [{ name: 'a' }, { name: 1 }, {}] }).error ?? { issues: [] };
    expect(issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      ['list.1.name', expect.stringMatching(/string/)],
      ['list.2.name', expect.stringMatching(/string/)],
    ]);
  });

  test.each([
    ['no list', {}],
    ['too few', { list: [{ name: 'a' }] }],
  ])('refuses %s', (_, value) => expect(schema.safeParse(value).success).toBe(false));
});

describe('recordOf', () => {
  const schema = recordOf(z.int(), z.string().max(3));

  test('reads what z.record reads', () => expect(schema.parse({ a: 1, b: 2 })).toEqual({ a: 1, b: 2 }));

  test.each([
    ['a value', { a: 1, b: 'x' }, 'b'],
    ['a name', { long1: 1 }, 'long1'],
    ['a list', [1], ''],
  ])('refuses %s', (_, value, path) => {
    expect(schema.safeParse(value).error?.issues[0]?.path.join('.')).toBe(path);
  });
});

describe('of a stranger’s very many wrong values few are complained about', () => {
  const manifest = { state: 'committed', contract: 1, run: 'r', attempt: 1, token: 't', pipeline: 'p', name: 'p', job: 'j' };
  const resource = { name: 'd', path: 'x', url: 's3://b/x', rows: 1, bytes: 1, hash: `sha256:${'0'.repeat(64)}` };

  test.each<[string, z.ZodType, unknown]>([
    ['resources', commitSchema, { ...manifest, resources: wrong }],
    ['files', commitSchema, { ...manifest, resources: [{ ...resource, files: wrong }] }],
    ['paths', commitSchema, { ...manifest, resources: [{ ...resource, path: wrong }] }],
    ['columns', commitSchema, { ...manifest, resources: [{ ...resource, schema: { fields: wrong } }] }],
    ['columns that were added', commitSchema, { ...manifest, resources: [{ ...resource, schemaChanges: { since: 'r', added: wrong, retyped: wrong } }] }],
    ['datasets of a result', resultSchema, { type: 'result', mode: 'run', commitKey: 'k', datasets: named }],
    ['columns of a plan', resultSchema, { type: 'result', mode: 'plan', source: {}, datasets: { d: { columns: wrong, omittedColumns: wrong } } }],
  ])('%s', (_, schema, value) => {
    const { error } = schema.safeParse(value);
    expect(error).toBeDefined();
    expect(JSON.stringify(error?.issues).length).toBeLessThan(20_000);
  });
});
