import { describe, expect, test } from '@jest/globals';
import type { Column, SchemaPolicy } from '@esclusa/contract';
import { enforce, schemaChanges, sentence } from './schema-changes.ts';

/** `name: type`, as a source with a schema has them. */
function columns(...list: readonly string[]): Column[] {
  return list.map((text) => {
    const [name = '', sourceType = ''] = text.split(': ');
    return { name, type: 'string', sourceType };
  });
}

const typed = (type: string, sourceType: string): Column[] => [{ name: 'v', type, sourceType }];

const BEFORE = columns('id: integer', 'nombre: text', 'precio: numeric(12,2)');

const CASES: readonly [what: string, now: Column[], changes: object | undefined, refusedBy: SchemaPolicy[], words: string][] = [
  ['the same', BEFORE, undefined, [], ''],
  ['in another order', BEFORE.toReversed(), undefined, [], ''],
  ['added', [...BEFORE, ...columns('alta: date')], { added: ['alta'] }, ['fail'], 'added "alta"'],
  ['dropped', BEFORE.slice(0, 2), { dropped: ['precio'] }, ['fail', 'additive'], 'dropped "precio"'],
  [
    'renamed',
    columns('id: integer', 'apellido: text', 'precio: numeric(12,2)'),
    { added: ['apellido'], dropped: ['nombre'], renamed: [{ from: 'nombre', to: 'apellido' }] },
    ['fail', 'additive'],
    'added "apellido"; dropped "nombre"; perhaps renamed "nombre" to "apellido"',
  ],
  [
    'one dropped and another one added elsewhere',
    columns('id: integer', 'precio: numeric(12,2)', 'apellido: text'),
    { added: ['apellido'], dropped: ['nombre'] },
    ['fail', 'additive'],
    'added "apellido"; dropped "nombre"',
  ],
  [
    'retyped',
    columns('id: bigint', 'nombre: text', 'precio: numeric(12,2)'),
    { retyped: [{ name: 'id', from: 'integer', to: 'bigint' }] },
    ['fail', 'additive'],
    'retyped "id" from integer to bigint',
  ],
  [
    'added and retyped',
    columns('id: integer', 'nombre: text', 'precio: text', 'alta: date'),
    { added: ['alta'], retyped: [{ name: 'precio', from: 'numeric(12,2)', to: 'text' }] },
    ['fail', 'additive'],
    'added "alta"; retyped "precio" from numeric(12,2) to text',
  ],
];

describe('columns against those of the run before', () => {
  test.each(CASES)('%s', (_what, now, expected, refusedBy, words) => {
    const changes = schemaChanges('r1', BEFORE, now);
    expect(changes).toEqual(expected === undefined ? undefined : { since: 'r1', ...expected });
    if (changes === undefined) return;
    expect(sentence(changes)).toBe(words);
    for (const policy of ['allow', 'additive', 'fail'] as const) {
      const enforced = (): void => enforce('ventas', policy, changes);
      if (!refusedBy.includes(policy)) expect(enforced).not.toThrow();
      else {
        expect(enforced).toThrow(
          expect.objectContaining({
            code: 'SCHEMA_CHANGED',
            exit: 65,
            details: { dataset: 'ventas', policy, ...changes },
            message: expect.stringContaining(`"ventas": its columns are not those of run r1: ${words};`),
          }),
        );
      }
    }
  });

  test('a column that wears another mask is another one', () => {
    const [before, now] = [undefined, 'hash'].map((mask) => [{ name: 'dni', type: 'string', sourceType: 'text', ...(mask === undefined ? {} : { mask }) }]);
    expect(schemaChanges('r1', before ?? [], now ?? [])?.retyped).toEqual([{ name: 'dni', from: 'text', to: 'text masked by "hash"' }]);
  });

  test('of a source without a schema are compared by what their values are, where there are any', () => {
    expect(schemaChanges('r1', typed('integer', 'int'), typed('integer', 'int|null'), true)).toBeUndefined();
    expect(schemaChanges('r1', typed('integer', 'int'), typed('string', 'missing'), true)).toBeUndefined();
    expect(schemaChanges('r1', typed('string', 'null'), typed('number', 'double'), true)).toBeUndefined();
    expect(schemaChanges('r1', typed('integer', 'int'), typed('string', 'int|string'), true)?.retyped).toEqual([{ name: 'v', from: 'integer', to: 'string' }]);
    expect(schemaChanges('r1', typed('integer', 'int'), [], true)?.dropped).toEqual(['v']);
  });
});
