import { describe, expect, test } from '@jest/globals';
import type { JobError } from '@esclusa/contract';
import type { PlannedDataset } from '../job.ts';
import { Losses } from '../losses.ts';
import { oneFile } from '../testing/one-file.ts';
import { writeCsv } from '../write-csv.ts';
import { maskedDataset } from './masked-dataset.ts';

/** A dataset with this CSV, in pieces of that length; its source tells the types at the end. */
function planned(csv: string, rows: number, length = 1_000): PlannedDataset {
  const bytes = Buffer.from(csv);
  const columns = ['id', 'dni', 'nota'].map((name) => ({ name, sourceType: 'numeric', values: { kind: 'decimal' as const }, postgresType: 'numeric' }));
  return {
    columns,
    omittedColumns: [],
    key: ['id', 'dni'],
    read: (losses) => ({
      rows: () => rows,
      columns: () => columns.map((column) => ({ ...column, special: 7, missing: 1 })),
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
        losses.lost('nota', 'is broken', () => ({ row: 1, key: { id: '1', dni: '12345678Z' } }));
      },
    }),
  };
}

async function write(plan: PlannedDataset, strict = false) {
  const chunks: Buffer[] = [];
  const written = await writeCsv(
    'ventas',
    plan,
    new Losses('ventas', strict),
    oneFile(async (chunk) => void chunks.push(Buffer.from(chunk))),
  );
  return { csv: Buffer.concat(chunks).toString(), written };
}

const CSV = '1,12345678Z,"a ""b"", c"\n2,,\n3,"",""\n';

describe('a masked dataset', () => {
  test.each([1, 2, 5, 1_000])('hides the values and leaves NULL and the other columns as they are, in pieces of %d bytes', async (length) => {
    const { csv, written } = await write(maskedDataset('ventas', planned(CSV, 3, length), { dni: 'partial' }));
    expect(csv).toBe('id,dni,nota\n1,****8Z,"a ""b"", c"\n2,,\n3,****,""\n');
    expect(written.columns).toMatchObject([
      { name: 'id', values: { kind: 'decimal' }, postgresType: 'numeric', counts: { special: 7 } },
      { name: 'dni', values: { kind: 'text' }, mask: 'partial', sourceType: 'numeric', counts: { special: 0, nulls: 1, emptyStrings: 0, missing: 1 } },
      { name: 'nota', counts: { nulls: 1, emptyStrings: 1, lossy: 1 } },
    ]);
    expect(written.columns[1]).not.toHaveProperty('postgresType');
  });

  test('is shown masked in the plan, and is the same dataset without a mask', () => {
    const plan = planned(CSV, 3);
    expect(maskedDataset('ventas', plan, { dni: 'hash' }).columns[1]).toEqual({ name: 'dni', sourceType: 'numeric', values: { kind: 'text' }, mask: 'hash' });
    expect(maskedDataset('ventas', plan)).toBe(plan);
  });

  test('shows no masked part of a key when a strict run complains', async () => {
    const error: JobError = await write(maskedDataset('ventas', planned(CSV, 3), { dni: 'redact' }), true).then(
      () => {
        throw new Error('it was not refused');
      },
      (cause) => cause,
    );
    expect(error).toMatchObject({ code: 'VALUE_LOSSY', details: { key: { id: '1', dni: '***' } } });
    expect(error.message).not.toContain('12345678Z');
  });

  test('a column that is not extracted can not be masked', () => {
    expect(() => maskedDataset('ventas', planned(CSV, 3), { dnı: 'hash' })).toThrow(
      expect.objectContaining({ code: 'COLUMN_NOT_FOUND', message: expect.stringMatching(/"ventas".*"mask".*"dnı".*id, dni, nota/) }),
    );
  });
});
