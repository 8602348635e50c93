import type { DatasetOptions } from '../../options/dataset-options.ts';
import { describe, expect, test } from '@jest/globals';
import { type Bench, type Cell, type Row, byId } from './parts.ts';

const MIB = 1024 * 1024;

const TEXTS: readonly (string | null)[] = [
  null,
  '',
  ' ',
  'NULL',
  'Zoë Ñandú',
  '😀 y 汉字',
  'a,b;c',
  'dice "hola"',
  '"',
  "l'eau",
  'una\nlínea',
  'otra\r\nlínea\r',
  '\t tabulador',
  '\\.',
  '\\N',
  'back\\slash',
  '0123',
];

/** Values come as they are, from tables of every shape. */
export function reading<Dataset extends DatasetOptions>(bench: Bench<Dataset>): void {
  describe('reading', () => {
    test('NULL, the empty string, quotes, commas, line ends and letters beyond ASCII come as they are', async () => {
      const data = TEXTS.map((texto, index): Row => ({ id: index + 1, texto }));
      const opened = await bench.open(await bench.table('textos', data));
      const { header, records, rows } = await bench.read(await bench.plan(opened, 'textos', ['id', 'texto']));
      expect(header).toEqual(['id', 'texto']);
      expect(byId(records)).toEqual(TEXTS.map((text, index) => [String(index + 1), text]));
      expect(rows).toBe(TEXTS.length);
    });

    test('integers up to 2^53 and below zero', async () => {
      const data = [0, -1, 2_147_483_647, -2_147_483_648, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER].map((id): Row => ({ id, texto: 'x' }));
      const opened = await bench.open(await bench.table('enteros', data));
      const { records } = await bench.read(await bench.plan(opened, 'enteros', ['id']));
      expect(byId(records)).toEqual(byId(data.map(({ id }) => [String(id)])));
    });

    test('an empty table gives the header and no row', async () => {
      const opened = await bench.open(await bench.table('vacia', []));
      expect(await bench.read(await bench.plan(opened, 'vacia', ['id', 'texto']))).toEqual({ header: ['id', 'texto'], records: [], rows: 0 });
    });

    test('several datasets of one session, one after the other', async () => {
      const database = await bench.table('una', [{ id: 1, texto: 'a' }]);
      await bench.add(database, 'otra', [{ id: 2, texto: 'b' }]);
      const opened = await bench.open(database);
      const plans = [await bench.plan(opened, 'una', ['id', 'texto']), await bench.plan(opened, 'otra', ['texto'])];
      const read = [];
      for (const plan of plans) read.push((await bench.read(plan)).records);
      expect(read).toEqual([[['1', 'a']], [['b']]]);
    });

    test('a thousand columns, or as many as the server can have', async () => {
      const columns = ['id', ...Array.from({ length: (bench.parts.mostColumns ?? 1000) - 1 }, (_, n) => `c${n}`)];
      const row: Row = Object.fromEntries(columns.map((name, n): [string, Cell] => [name, name === 'id' ? 1 : n % 7 === 0 ? null : `v${n}`]));
      const opened = await bench.open(await bench.table('ancha', [row], columns));
      const { header, records } = await bench.read(await bench.plan(opened, 'ancha', columns));
      expect(header).toEqual(columns);
      expect(records).toEqual([columns.map((name) => (row[name] === null ? null : String(row[name])))]);
    });

    test('values of a megabyte', async () => {
      const data = Array.from({ length: 12 }, (_, n): Row => ({ id: n + 1, texto: `${n} "áb",\n`.repeat(MIB / 8).slice(0, MIB) }));
      const opened = await bench.open(await bench.table('grandes', data));
      const { records } = await bench.read(await bench.plan(opened, 'grandes', ['id', 'texto']));
      const differing = byId(records).filter(([id, texto], n) => id !== String(n + 1) || texto !== data[n]?.['texto']);
      expect({ count: records.length, differing: differing.map(([id]) => id) }).toEqual({ count: 12, differing: [] });
    });

    test('hostile names of tables and columns', async () => {
      const { table, columns } = bench.parts.hostile;
      const row: Row = { id: 1, ...Object.fromEntries(columns.map((name, n) => [name, `v${n}`])) };
      const opened = await bench.open(await bench.table(table, [row], ['id', ...columns]));
      const { header, records } = await bench.read(await bench.plan(opened, table, ['id', ...columns]));
      expect(header).toEqual(['id', ...columns]);
      expect(records).toEqual([['1', ...columns.map((_, n) => `v${n}`)]]);
    });
  });
}
