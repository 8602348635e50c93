import { describe, expect, test } from '@jest/globals';
import { chooseColumns } from './choose-columns.ts';

const column = (name: string) => ({ name, type: 'text' });
const TABLE = ['id', 'nombre', 'password'].map(column);

describe('chooseColumns', () => {
  test('takes all but password-like columns, and says which it left out', () => {
    expect(chooseColumns('x', TABLE, {})).toEqual({ columns: [column('id'), column('nombre')], omittedColumns: ['password'] });
  });

  test('takes no column that lies in what looks like a password', () => {
    const nested = [
      ['usuario', 'nombre'],
      ['usuario', 'pin'],
      ['clave', 'nota'],
    ].map((path) => ({ name: path.join('.'), path }));
    expect(chooseColumns('x', nested, {})).toEqual({ columns: [nested[0]], omittedColumns: ['usuario.pin', 'clave.nota'] });
  });

  test('leaves the excluded ones out', () => {
    expect(chooseColumns('x', TABLE, { exclude: ['nombre'] })).toEqual({ columns: [column('id')], omittedColumns: ['password'] });
  });

  test('takes the named ones in their order, a password among them', () => {
    expect(chooseColumns('x', TABLE, { columns: ['password', 'id'] })).toEqual({ columns: [column('password'), column('id')], omittedColumns: [] });
  });

  test('takes a password-like column that wears a mask', () => {
    expect(chooseColumns('x', TABLE, { mask: { password: 'hash' } })).toEqual({ columns: TABLE, omittedColumns: [] });
  });

  test.each([
    ['a missing column', TABLE, { columns: ['precio'] }, 'COLUMN_NOT_FOUND', /"precio" does not exist; there are id, nombre, password/],
    ['a name that is wanted twice', TABLE, { columns: ['id', 'id'] }, 'QUERY_INVALID', /"id" comes twice/],
    ['a name that the query has twice', [...TABLE, column('id')], {}, 'QUERY_INVALID', /"id" comes twice/],
    ['passwords alone', [column('password')], {}, 'QUERY_INVALID', /no column to extract/],
    ['an excluded column that is missing', TABLE, { exclude: ['nombr'] }, 'COLUMN_NOT_FOUND', /"nombr" does not exist/],
    ['all of them excluded', TABLE, { exclude: ['id', 'nombre'] }, 'QUERY_INVALID', /no column to extract/],
    ['no column', [], {}, 'QUERY_INVALID', /no column to extract/],
  ])('refuses %s', (_, available, wanted, code, message) => {
    expect(() => chooseColumns('ventas', available, wanted)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message), details: expect.objectContaining({ dataset: 'ventas' }) }),
    );
  });
});
