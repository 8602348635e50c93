import { describe, expect, test } from '@jest/globals';
import { chooseDiscovered } from './columns.ts';
import type { DiscoveredColumn } from './discover.ts';

function columns(...paths: string[][]): DiscoveredColumn[] {
  return paths.map((path) => ({ name: path.join('.'), path, sourceType: 'string', values: { kind: 'text' } }));
}

const FOUND = columns(['_id'], ['d', 'calle'], ['d', 'geo', 'x'], ['usuario', 'pin'], ['claves'], ['clave', 'nota']);
const names = (exclude?: string[], found = FOUND): string[] => chooseDiscovered('x', found, { exclude }).columns.map(({ name }) => name);

describe('columns that were found', () => {
  test('are all but those that lie in what looks like a password', () => {
    expect(names()).toEqual(['_id', 'd.calle', 'd.geo.x', 'claves']);
    expect(chooseDiscovered('x', FOUND).omittedColumns).toEqual(['usuario.pin', 'clave.nota']);
  });

  test.each<[string[], string[]]>([
    [['d.calle'], ['_id', 'd.geo.x', 'claves']],
    [['d'], ['_id', 'claves']],
    [
      ['d.geo', 'clave'],
      ['_id', 'd.calle', 'claves'],
    ],
  ])('without %j and what lies in it', (exclude, left) => {
    expect(names(exclude)).toEqual(left);
  });

  test('an excluded one that is not there is refused', () => {
    expect(() => names(['d.call'])).toThrow(expect.objectContaining({ code: 'COLUMN_NOT_FOUND', message: expect.stringContaining('"d.call"') }));
  });

  test('a mask over a field must be over all that lies in it, and brings a password-like one in', () => {
    const found = columns(['_id'], ['d'], ['d', 'calle'], ['usuario', 'pin']);
    const masked = (...over: string[]): string[] =>
      chooseDiscovered('x', found, { mask: Object.fromEntries(over.map((name) => [name, 'hash' as const])) }).columns.map(({ name }) => name);
    expect(() => masked('d')).toThrow(
      expect.objectContaining({ code: 'QUERY_INVALID', message: expect.stringMatching(/"mask" names "d", and "d\.calle" within it/) }),
    );
    expect(() => masked('usuario')).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
    expect(masked('d', 'd.calle')).toEqual(['_id', 'd', 'd.calle']);
    expect(masked('usuario.pin')).toEqual(['_id', 'd', 'd.calle', 'usuario.pin']);
  });

  test('two of one name are told with both their places, unless they are excluded', () => {
    const both = columns(['_id'], ['a.b', 'c'], ['a', 'b.c']);
    expect(() => names([], both)).toThrow(
      expect.objectContaining({ code: 'QUERY_INVALID', message: expect.stringContaining('"a.b" > "c" and "a" > "b.c" would both be the column "a.b.c"') }),
    );
    expect(names(['a.b.c'], both)).toEqual(['_id']);
  });
});
