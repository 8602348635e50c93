import type { DatasetOptions } from '../../options/dataset-options.ts';
import { describe, expect, test } from '@jest/globals';
import { maskedDataset } from '../../masks/masked-dataset.ts';
import { type Bench, byId, refusal, rows } from './parts.ts';

/** What is found, what is missing, and what is left out unless it is named. */
export function choosing<Dataset extends DatasetOptions>(bench: Bench<Dataset>): void {
  describe('choosing', () => {
    test('every table is listed under a name that a dataset may have, and what is listed can be read', async () => {
      const { table, columns } = bench.parts.hostile;
      const database = await bench.table('productos', [{ id: 1, texto: 'a' }]);
      await bench.add(database, table, [{ id: 2, ...Object.fromEntries(columns.map((name) => [name, 'b'])) }], ['id', ...columns]);
      await bench.add(database, 'vacia', []);
      const { session } = await bench.open(database);
      const listed = Object.entries(await session.list());
      expect(listed.map(([name]) => name)).toEqual(expect.arrayContaining(['productos', 'vacia']));
      expect(listed).toHaveLength(3);
      const counts: number[] = [];
      for (const [name, dataset] of listed) {
        expect(name).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,127}$/u);
        counts.push((await bench.read(await session.plan(name, dataset))).rows);
      }
      expect(counts.toSorted((a, b) => a - b)).toEqual([0, 1, 1]);
    });

    test('a database without a table lists nothing', async () => {
      const { session } = await bench.open(await bench.parts.createDatabase());
      expect(await session.list()).toEqual({});
    });

    test('a missing table is named', async () => {
      const opened = await bench.open(await bench.table('productos', []));
      expect(await refusal(bench.plan(opened, 'clientes'))).toEqual({ code: 'DATASET_NOT_FOUND', message: expect.stringContaining('clientes') });
    });

    test('after a missing table the session still reads others', async () => {
      const opened = await bench.open(await bench.table('productos', [{ id: 1, texto: 'a' }]));
      await refusal(bench.plan(opened, 'clientes'));
      expect((await bench.read(await bench.plan(opened, 'productos', ['id']))).records).toEqual([['1']]);
    });

    test('a missing column is named; where there is no schema it is NULL', async () => {
      const opened = await bench.open(await bench.table('productos', [{ id: 1, texto: 'a' }]));
      if (bench.parts.missingColumn === 'refused') {
        const refused = await refusal(bench.plan(opened, 'productos', ['id', 'precio']));
        expect(refused).toEqual({ code: 'COLUMN_NOT_FOUND', message: expect.stringMatching(/"precio".*texto/) });
      } else {
        expect((await bench.read(await bench.plan(opened, 'productos', ['id', 'precio']))).records).toEqual([['1', null]]);
      }
    });

    test('columns come in the order in which they are named', async () => {
      const opened = await bench.open(await bench.table('productos', [{ id: 1, texto: 'a' }]));
      expect(await bench.read(await bench.plan(opened, 'productos', ['texto', 'id']))).toMatchObject({ header: ['texto', 'id'], records: [['a', '1']] });
    });

    test('columns are left out by name, and a limit is the most rows that come', async () => {
      const { session } = await bench.open(await bench.table('productos', rows(50)));
      const dataset = { ...bench.parts.dataset('productos'), exclude: ['texto'], limit: 7 };
      const { header, records } = await bench.read(await session.plan('dataset', dataset));
      expect(header).not.toContain('texto');
      expect(records).toHaveLength(7);
      expect(await refusal(session.plan('dataset', { ...dataset, exclude: ['txto'] }))).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    });

    test('a sample is about its share of the rows, each of them whole, and others each time', async () => {
      const { session } = await bench.open(await bench.table('productos', rows(8_000)));
      const dataset = { ...bench.parts.dataset('productos', ['id', 'texto']), sample: 25 };
      const [first, second] = [await bench.read(await session.plan('dataset', dataset)), await bench.read(await session.plan('dataset', dataset))];
      for (const { records } of [first, second]) {
        expect(records.length).toBeGreaterThan(1_500);
        expect(records.length).toBeLessThan(2_500);
        expect(new Set(records.map(([id]) => id)).size).toBe(records.length);
        expect(records.every(([id, texto]) => texto?.startsWith(`${id}:`) === true)).toBe(true);
      }
      expect(byId(first.records)).not.toEqual(byId(second.records));
      expect((await bench.read(await session.plan('dataset', { ...dataset, limit: 7 }))).rows).toBe(7);
      expect((await bench.read(await session.plan('dataset', { ...dataset, sample: 100 }))).rows).toBe(8_000);
    });

    test('a password-like column that wears a mask is extracted, and its values are not', async () => {
      const { session } = await bench.open(await bench.table('usuarios', [{ id: 1, password: 'canary-a' }], ['id', 'password']));
      const dataset = { ...bench.parts.dataset('usuarios'), mask: { password: 'redact' as const } };
      const { header, records } = await bench.read(maskedDataset('dataset', await session.plan('dataset', dataset), dataset.mask));
      expect(header).toContain('password');
      expect(JSON.stringify(records)).not.toContain('canary');
      expect(records[0]).toContain('***');
    });

    test('password-like columns are left out unless they are named', async () => {
      const columns = ['id', 'nombre', 'password', 'tokenAcceso', 'clave_producto'];
      const row = { id: 1, nombre: 'Zoë', password: 'canary-a', tokenAcceso: 'canary-b', clave_producto: 'K-1' };
      const database = await bench.table('usuarios', [row], columns);
      const opened = await bench.open(database);
      const plan = await bench.plan(opened, 'usuarios');
      expect(plan.omittedColumns.toSorted()).toEqual(['password', 'tokenAcceso']);
      const { header, records } = await bench.read(plan);
      expect(header).toEqual(expect.arrayContaining(['id', 'nombre', 'clave_producto']));
      expect(JSON.stringify({ header, records })).not.toMatch(/canary|password|tokenAcceso/);
      const named = await bench.open(database);
      expect((await bench.read(await bench.plan(named, 'usuarios', ['password']))).records).toEqual([['canary-a']]);
    });
  });
}
