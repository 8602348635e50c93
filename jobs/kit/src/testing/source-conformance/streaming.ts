import type { DatasetOptions } from '../../options/dataset-options.ts';
import { Losses } from '../../losses.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type Bench, drain, rows } from './parts.ts';
import { Wire } from './wire.ts';

const MIB = 1024 * 1024;
const ROWS = 64_000;
const ROW_BYTES = 1_000;

/** Rows flow as they are asked for, and no faster. */
export function streaming<Dataset extends DatasetOptions>(bench: Bench<Dataset>): void {
  describe('streaming', () => {
    test('a reader that does not read holds the server back, and loses no row when it goes on', async () => {
      const { host, port } = bench.parts.variables;
      const database = await bench.table('larga', rows(ROWS, ROW_BYTES));
      const settings = bench.parts.settings(database);
      const wire = await Wire.to(settings[host] ?? '127.0.0.1', Number(settings[port]));
      try {
        const opened = await bench.open(database, { [host]: '127.0.0.1', [port]: String(wire.port) });
        const reader = (await bench.plan(opened, 'larga', ['id', 'texto'])).read(new Losses('dataset', false));
        const chunks = reader[Symbol.asyncIterator]();
        const first = await chunks.next();
        let before = -1;
        // Until nothing flows any more; without back-pressure that is at the end.
        while (wire.received !== before) {
          before = wire.received;
          await sleep(500);
        }
        // What lies in sockets, in the wire itself and in batches on their way; the table has 64 MB.
        expect(wire.received).toBeLessThan(40 * MIB);
        let bytes = (first.value as Uint8Array).byteLength;
        for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) bytes += next.value.byteLength;
        expect(reader.rows()).toBe(ROWS);
        expect(bytes).toBeGreaterThan(ROWS * ROW_BYTES);
      } finally {
        await bench.closeAll();
        await wire.close();
      }
    }, 180_000);

    test('rows are counted as they come, exactly at the end, and chunks are small', async () => {
      const opened = await bench.open(await bench.table('contada', rows(20_000, 200)));
      const plan = await bench.plan(opened, 'contada', ['id', 'texto']);
      const reader = plan.read(new Losses('dataset', false));
      const counts: number[] = [];
      let largest = 0;
      for await (const chunk of reader) {
        counts.push(reader.rows());
        largest = Math.max(largest, chunk.byteLength);
      }
      expect(counts.toSorted((a, b) => a - b)).toEqual(counts);
      expect(reader.rows()).toBe(20_000);
      expect(largest).toBeLessThan(4 * MIB);
    });

    test('estimates rows, if it does, in the right order of magnitude', async () => {
      const opened = await bench.open(await bench.table('estimada', rows(5_000, 200)));
      const plan = await bench.plan(opened, 'estimada', ['id', 'texto']);
      if (plan.estimatedRows !== undefined) expect(Math.abs(Math.log10(plan.estimatedRows / 5_000))).toBeLessThan(1);
      expect((await drain(plan.read(new Losses('dataset', false)))).rows).toBe(5_000);
    });
  });
}
