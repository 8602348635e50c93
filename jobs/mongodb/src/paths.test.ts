import { describe, expect, test } from '@jest/globals';
import { MISSING, parsePath, projectionFor, valueAt } from './paths.ts';

const DOCUMENT = {
  cmp: '012345',
  nada: null,
  paciente: { dni: '1', tutor: { dni: '2' } },
  productos: [{ id: 1, lotes: [{ n: 7 }, { n: 8 }] }, { id: 2 }, 'suelto'],
  'con.punto': 'literal',
  dentro: { 'a.b': 'literal', a: { b: 'camino' } },
  cuando: new Date(0),
};

describe('valueAt', () => {
  test.each([
    ['cmp', '012345'],
    ['nada', null],
    ['paciente.tutor.dni', '2'],
    ['productos.id', [1, 2]],
    ['productos.lotes.n', [[7, 8]]],
    ['productos.0.id', 1],
    ['productos.0.lotes.1.n', 8],
    ['productos.nada', []],
    ['con.punto', 'literal'],
    ['dentro.a.b', 'literal'],
  ])('%s', (path, expected) => {
    expect(valueAt(DOCUMENT, parsePath(path))).toEqual(expected);
  });

  test.each(['otro', 'paciente.otro', 'cmp.x', 'nada.x', 'productos.9', 'productos.2.id', 'cuando.getTime', 'paciente.constructor', '__proto__', 'toString'])(
    '%s leads nowhere',
    (path) => {
      expect(valueAt(DOCUMENT, parsePath(path))).toBe(MISSING);
    },
  );
});

describe('projectionFor', () => {
  test.each<[string[], object | undefined]>([
    [['cmp', 'paciente.dni'], { _id: 0, cmp: 1, 'paciente.dni': 1 }],
    [['_id', 'cmp'], { _id: 1, cmp: 1 }],
    [['paciente.dni', 'paciente', 'paciente.tutor.dni'], { _id: 0, paciente: 1 }],
    [['productos.0.id', 'pacientes'], { _id: 0, productos: 1, pacientes: 1 }],
    [['a.0.b', 'a.c'], { _id: 0, a: 1 }],
    [['0.a'], { _id: 0, '0.a': 1 }],
    [['$x'], undefined],
  ])('%j', (paths, expected) => {
    expect(projectionFor(paths.map(parsePath))).toEqual(expected);
  });
});
