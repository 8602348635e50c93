import { describe, expect, test } from '@jest/globals';
import type { PlannedDataset } from './job.ts';
import { Losses } from './losses.ts';
import { writeCsv } from './write-csv.ts';

const COLUMNS = ['id', 'texto', 'otro'].map((name) => ({ name, sourceType: 'text', values: { kind: 'text' as const } }));

/** A dataset that gives these bytes in pieces of that length. */
function planned(bytes: Buffer, rows: number, length: number): PlannedDataset {
  return {
    columns: COLUMNS,
    omittedColumns: [],
    key: ['id'],
    read: () => ({
      rows: () => rows,
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
      },
    }),
  };
}

async function write(bytes: Buffer, { rows = 2, strict = false, length = 1_000 } = {}) {
  const chunks: Buffer[] = [];
  const losses = new Losses('ventas', strict);
  const written = await writeCsv('ventas', planned(bytes, rows, length), losses, async (chunk) => void chunks.push(Buffer.from(chunk)));
  return { csv: Buffer.concat(chunks).toString('utf8'), written, losses };
}

const GOOD = Buffer.from('1,ñandú,"a,😀"\n2,,""\n');
const BAD = Buffer.concat([Buffer.from('1,a'), Buffer.from([0xff, 0xc3]), Buffer.from(',b\n2,"x,'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('",ñ\n')]);

describe('writeCsv', () => {
  test.each([1, 2, 3, 7, 1_000])('hands on what is UTF-8 as it is, in pieces of %d bytes', async (length) => {
    const { csv, written } = await write(GOOD, { length });
    expect(csv).toBe(`id,texto,otro\n${GOOD.toString()}`);
    expect(written.columns.map(({ counts }) => counts)).toMatchObject([{ nulls: 0 }, { nulls: 1 }, { emptyStrings: 1, lossy: 0 }]);
    expect(written.rows).toBe(2);
  });

  test.each([1, 2, 3, 1_000])('makes UTF-8 of what is not, and counts the values, in pieces of %d bytes', async (length) => {
    const { csv, written, losses } = await write(BAD, { length });
    expect(csv).toBe('id,texto,otro\n1,a\u{fffd}\u{fffd},b\n2,"x,\u{fffd}\u{fffd}\u{fffd}",ñ\n');
    expect(written.columns.map(({ counts }) => counts.lossy)).toEqual([0, 2, 0]);
    expect(losses.reasons).toEqual(['texto: holds bytes that are no UTF-8, each of which is U+FFFD in the file']);
  });

  test('a letter that the end of the data cuts is no UTF-8 either', async () => {
    const cut = Buffer.concat([Buffer.from('1,a,'), Buffer.from([0xc3])]);
    await expect(write(cut, { rows: 1 })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('in strict mode ends at the first, and tells row, key and column', async () => {
    await expect(write(BAD, { strict: true })).rejects.toMatchObject({
      code: 'VALUE_LOSSY',
      exit: 65,
      details: { dataset: 'ventas', row: 1, key: { id: '1' }, column: 'texto' },
      message: expect.stringMatching(/"ventas", row 1 \(id = 1\), column "texto".*no UTF-8.*strict/),
    });
  });

  test('refuses a file whose rows are not as many as the source says', async () => {
    await expect(write(GOOD, { rows: 3 })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/2 records.*3 rows.*nothing is published/),
    });
  });
});
