import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PlannedDataset } from './job.ts';
import { type Dialect, PLAIN, csvRecord } from './csv/rules.ts';
import { dialects } from './csv/testing/dialects.ts';
import { Losses } from './losses.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { oneFile } from './testing/one-file.ts';
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
  const written = await writeCsv(
    'ventas',
    planned(bytes, rows, length),
    losses,
    oneFile(async (chunk) => void chunks.push(Buffer.from(chunk))),
  );
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

type Cells = (string | null)[];

/** The files that these rows become, fed in pieces of that length. */
async function split(rows: readonly Cells[], { size = Infinity, length = 1_000, dialect = PLAIN }: { size?: number; length?: number; dialect?: Dialect }) {
  const files = new MemoryFiles(size);
  const bytes = Buffer.from(rows.map((row) => csvRecord(row)).join(''));
  const written = await writeCsv('ventas', planned(bytes, rows.length, length), new Losses('ventas', false), files, dialect);
  files.end();
  return { texts: files.files.map(String), rows: files.rows, written };
}

const cell = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 9 }), fc.constantFrom('', '"', '\n', '\n\n,"', 'ñ', '😀', '=1+1', 'x'.repeat(60))));
const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 12 });

describe('a CSV of several files', () => {
  test('has every row once, in order, each file with its header and as long as it is to be, whatever pieces the source gives', async () => {
    await fc.assert(
      fc.asyncProperty(rows, dialects, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 90 }), async (rows, dialect, size, length) => {
        const whole = await split(rows, { dialect });
        const parts = await split(rows, { dialect, size, length });
        const { headerBytes, longestRecord, columns } = parts.written;
        const header = Buffer.from(whole.texts[0] ?? '')
          .subarray(0, headerBytes)
          .toString('utf8');
        expect(header + parts.texts.map((text) => text.replace(header, '')).join('')).toBe(whole.texts[0]);
        expect(parts.texts.every((text) => text.startsWith(header))).toBe(true);
        expect({ longestRecord, columns }).toEqual({ longestRecord: whole.written.longestRecord, columns: whole.written.columns });
        // By the rows that each is said to have.
        const ends = [...parts.rows, rows.length];
        const expected = ends.map((end, n) => rows.slice(ends[n - 1] ?? 0, end).map((row) => csvRecord(row, dialect)));
        if (!dialect.guardFormulas) expect(parts.texts).toEqual(expected.map((records) => header + records.join('')));
        // The record with which it is as long as it is to be is its last.
        for (const [n, text] of parts.texts.slice(0, -1).entries()) {
          const records = expected[n] ?? [];
          expect(Buffer.byteLength(text)).toBeGreaterThanOrEqual(size);
          if (records.length > 1 && !dialect.guardFormulas) expect(Buffer.byteLength(text) - Buffer.byteLength(records.at(-1) ?? '')).toBeLessThan(size);
        }
        expect(ends.at(-1)).toBeGreaterThan(ends.at(-2) ?? -1);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['plain', PLAIN, 0],
    ['another dialect', { ...PLAIN, delimiter: ';', quoteAll: true, nullToken: 'n'.repeat(32) } as const, 0],
  ])('ends large chunks where a file is full: %s', async (_, dialect) => {
    const many = Array.from({ length: 20_000 }, (_, n): Cells => [String(n), null, n % 7 === 0 ? null : 'x']);
    const { texts } = await split(many, { dialect, size: 50_000, length: 1_000_000 });
    const sizes = texts.map((text) => text.length);
    expect(texts.length).toBeGreaterThan(3);
    for (const size of sizes.slice(0, -1)) expect(size - 50_000).toBeLessThan(dialect === PLAIN ? 12 : 100);
  });

  test('mends what is no UTF-8 on both sides of a seam, and tells its row', async () => {
    const bad = Buffer.concat(Array.from({ length: 40 }, (_, n) => Buffer.concat([Buffer.from(`${n},a`), Buffer.from([0xff]), Buffer.from(',😀ñ\n')])));
    for (const length of [1, 7, 1_000]) {
      const files = new MemoryFiles(60);
      const losses = new Losses('ventas', false);
      await writeCsv('ventas', planned(bad, 40, length), losses, files);
      files.end();
      expect(
        files.files
          .map(String)
          .map((text) => text.replace('id,texto,otro\n', ''))
          .join(''),
      ).toBe(Array.from({ length: 40 }, (_, n) => `${n},a\u{fffd},😀ñ\n`).join(''));
      expect(losses.count('texto')).toBe(40);
    }
  });

  test('is one file without rows, and one where the last row fills it', async () => {
    expect((await split([], { size: 1 })).texts).toEqual(['id,texto,otro\n']);
    expect((await split([['1', 'a', 'b']], { size: 1 })).texts).toEqual(['id,texto,otro\n1,a,b\n']);
  });
});
