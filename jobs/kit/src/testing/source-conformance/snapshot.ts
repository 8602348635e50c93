import type { DatasetOptions } from '../../options/dataset-options.ts';
import { Losses } from '../../losses.ts';
import { describe, expect, test } from '@jest/globals';
import { type Bench, byId, rows } from './parts.ts';

/** All datasets of a session are of one point in time. */
export function snapshot<Dataset extends DatasetOptions>(bench: Bench<Dataset>): void {
  describe('snapshot', () => {
    test('what is written, changed and deleted between two datasets is seen in neither', async () => {
      const database = await bench.table('antes', rows(100));
      await bench.add(database, 'despues', rows(100));
      const opened = await bench.open(database);
      const [antes, despues] = [await bench.plan(opened, 'antes', ['id', 'texto']), await bench.plan(opened, 'despues', ['id', 'texto'])];
      const first = await bench.read(antes);
      await bench.parts.insert(database, 'antes', [{ id: 101, texto: 'nuevo' }]);
      await bench.parts.empty(database, 'despues');
      await bench.parts.insert(database, 'despues', [{ id: 7, texto: 'otro' }]);
      const second = await bench.read(despues);
      expect(byId(second.records)).toEqual(byId(first.records));
    });

    test('what is written while a dataset is read is not in it', async () => {
      const database = await bench.table('viva', rows(20_000, 500));
      const opened = await bench.open(database);
      const reader = (await bench.plan(opened, 'viva', ['id'])).read(new Losses('dataset', false));
      const chunks = reader[Symbol.asyncIterator]();
      const first = await chunks.next();
      await bench.parts.insert(database, 'viva', [...rows(20_100)].slice(20_000));
      let text = Buffer.from((first.value as Uint8Array | undefined) ?? []).toString();
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) text += Buffer.from(next.value).toString();
      const read = text.trimEnd().split('\n').map(Number);
      expect({ count: read.length, greatest: Math.max(...read) }).toEqual({ count: 20_000, greatest: 20_000 });
    });

    test('tells its point in time and the server', async () => {
      const { session } = await bench.open(await bench.table('productos', []));
      expect(session.snapshot).toMatchObject({ consistency: 'snapshot', takenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) });
      expect(session.info).toMatchObject({ server: expect.any(String), version: expect.any(String), database: expect.any(String) });
    });
  });
}
