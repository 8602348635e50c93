import { describe, expect, test } from '@jest/globals';
import { BSON, type Document, ObjectId } from 'mongodb';
import { type Found, isList, parsePath, projectionFor, valueAt } from './paths.ts';
import { openDocument } from './raw/document.ts';
import { json } from './raw/json.ts';

const DOCUMENT = {
  cmp: '012345',
  nada: null,
  paciente: { dni: '1', tutor: { dni: '2' } },
  productos: [{ id: 1, lotes: [{ n: 7 }, { n: 8 }] }, { id: 2 }, 'suelto'],
  'con.punto': 'literal',
  dentro: { 'a.b': 'literal', a: { b: 'camino' } },
  cuando: new Date(0),
  ref: { $ref: 'medicos.viejos', $id: new ObjectId('65a000000000000000000001') },
};

/** What stands at a path, as the JSON of its elements; undefined where there is nothing. */
function at(document: Document, path: string): { found: unknown; notes: string[] } {
  const raw = openDocument(Buffer.from(BSON.serialize(new Map([...Object.entries(document), ['_bsontype', 'x']]))));
  const notes: string[] = [];
  const text = (found: Found): unknown => (isList(found) ? found.items.map(text) : JSON.parse(json(raw.bytes, found, (why) => notes.push(why))));
  const found = valueAt(raw, parsePath(path), (why) => notes.push(why));
  return { found: found === undefined ? undefined : text(found), notes };
}

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
    // What the driver would make objects of its own.
    ['ref.$ref', 'medicos.viejos'],
    ['ref.$id', { $oid: '65a000000000000000000001' }],
    ['_bsontype', 'x'],
  ])('%s', (path, expected) => {
    expect(at(DOCUMENT, path)).toEqual({ found: expected, notes: [] });
  });

  test.each(['otro', 'paciente.otro', 'cmp.x', 'nada.x', 'productos.9', 'productos.2.id', 'cuando.getTime', 'paciente.constructor', '__proto__', 'toString'])(
    '%s leads nowhere',
    (path) => {
      expect(at(DOCUMENT, path)).toEqual({ found: undefined, notes: [] });
    },
  );

  test('a number is a name where it stands in a document', () => {
    expect(at({ a: { 0: 'x' }, b: [{ 0: 'y' }] }, 'a.0').found).toBe('x');
    expect(at({ a: { 0: 'x' }, b: [{ 0: 'y' }] }, 'b.0.0').found).toBe('y');
  });
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
