import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { ValueType } from '../columns/value-type.ts';
import { csvRecord } from '../csv/rules.ts';
import type { FileOutput } from '../file-output.ts';
import type { PlannedDataset } from '../job.ts';
import { Losses } from '../losses.ts';
import { MemoryFiles } from '../testing/memory-files.ts';
import { type ParquetWanted, writeParquet } from './write-parquet.ts';
import { inDuckdb } from '../testing/duckdb.ts';

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'esclusa-parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Row = readonly (string | null)[];

/** A dataset that gives these rows as CSV, in pieces of that length. */
function planned(types: readonly ValueType[], rows: readonly Row[], length = 65_521): PlannedDataset {
  const bytes = Buffer.from(rows.map((row) => csvRecord(row)).join(''));
  return {
    columns: types.map((values, index) => ({ name: `c${index}`, sourceType: values.kind, values })),
    omittedColumns: [],
    key: ['c0'],
    read: () => ({
      rows: () => rows.length,
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
      },
    }),
  };
}

interface Wanted extends Partial<ParquetWanted> {
  readonly size?: number;
  readonly strict?: boolean;
}

async function write(plan: PlannedDataset, { size, strict = false, ...wanted }: Wanted = {}) {
  const losses = new Losses('ventas', strict);
  const output = new MemoryFiles(size);
  const written = await writeParquet('ventas', plan, losses, output, { codec: 'snappy', rowGroupBytes: 32 * MIB, createdBy: 'a test', ...wanted });
  await output.next(written.rows);
  return { written, losses, output };
}

/** What DuckDB reads of files, after one another, as text. */
async function read(files: readonly Buffer[], what = '*', from = 'read_parquet'): Promise<unknown[][]> {
  const paths = files.map((bytes, index) => {
    const path = join(folder, `${index}.parquet`);
    writeFileSync(path, bytes);
    return `'${path}'`;
  });
  return inDuckdb(async (connection) => {
    return (await connection.runAndReadAll(`select ${what} from ${from}([${paths.join(', ')}])`)).getRowsJson();
  });
}

const TEXT: ValueType = { kind: 'text' };
const TYPES: readonly ValueType[] = [
  { kind: 'integer', bits: 64 },
  TEXT,
  { kind: 'decimal', precision: 20, scale: 3 },
  { kind: 'boolean', trueValue: 't', falseValue: 'f' },
  { kind: 'datetime', zone: true },
  { kind: 'binary', encoding: 'hex' },
];

/** Rows with NULLs, empty texts, quotes and line ends, each of its own. */
function manyRows(count: number): Row[] {
  return Array.from({ length: count }, (_, n) => [
    String(n),
    n % 7 === 0 ? null : n % 5 === 0 ? '' : `fila ${n}, "ñ"\n${'x'.repeat(n % 11)}`,
    n % 3 === 0 ? null : `${-n}.${String(n % 1000).padStart(3, '0')}`,
    n % 13 === 0 ? null : n % 2 === 0 ? 't' : 'f',
    n % 17 === 0 ? null : new Date(n * 86_399_000).toISOString().replace('T', ' ').replace('Z', '+00'),
    n % 19 === 0 ? null : `\\x${n.toString(16).padStart(8, '0')}`,
  ]);
}

/** Rows as DuckDB tells them. */
function told(rows: readonly Row[]): unknown[][] {
  return rows.map(([id = null, text = null, decimal = null, flag = null, at = null, bytes = null]) => [
    id,
    text,
    decimal === '-0.000' ? '0.000' : decimal,
    flag === null ? null : flag === 't',
    at === null ? null : String(Date.parse(at.replace(' ', 'T').replace('+00', 'Z')) * 1000),
    bytes === null ? null : bytes.slice(2).toUpperCase(),
  ]);
}

const COLUMNS = 'c0, c1, c2::varchar, c3, epoch_us(c4), hex(c5)';

describe('writeParquet', () => {
  test.each([1, 7, 65_521, 10 * MIB])('writes every value, in pieces of %d bytes', async (length) => {
    const rows = manyRows(length === 1 ? 2_000 : 40_000);
    const { written, output } = await write(planned(TYPES, rows, length));
    expect(written.rows).toBe(rows.length);
    expect(written.columns.map(({ parquetType }) => parquetType)).toEqual([
      'INT(64)',
      'STRING',
      'DECIMAL(20,3)',
      'BOOLEAN',
      'TIMESTAMP(MICROS,UTC)',
      'BYTE_ARRAY',
    ]);
    expect(written.columns.map(({ counts }) => counts.nulls)).toEqual(TYPES.map((_, column) => rows.filter((row) => row[column] === null).length));
    expect(await read(output.files, COLUMNS)).toEqual(told(rows));
  });

  test('writes a table of thousands of columns, and rows that are all NULL', async () => {
    const types = Array.from({ length: 3_000 }, (_, n): ValueType => (n % 2 === 0 ? { kind: 'decimal', precision: 38, scale: 0 } : TEXT));
    const rows = Array.from({ length: 300 }, (_, n): Row => types.map((_, column) => (n % 3 === 0 ? null : `${n * column}`)));
    const { output } = await write(planned(types, rows));
    expect(await read(output.files, 'count(*), count(c0), sum(c2998)::varchar, max(c2999::int)::varchar')).toEqual([
      ['300', '200', String(rows.reduce((sum, row) => sum + Number(row[2998]), 0)), String(299 * 2999)],
    ]);
  });

  test('of one column of NULLs, each a byte of CSV, writes as many', async () => {
    const rows = Array.from({ length: 300_001 }, (): Row => [null]);
    const { written, output } = await write(planned([{ kind: 'date' }], rows));
    expect(written.columns[0]?.counts.nulls).toBe(300_001);
    expect(await read(output.files, 'count(*), count(c0)')).toEqual([['300001', '0']]);
  });

  test('of no rows writes a file that has its columns', async () => {
    const { written, output } = await write(planned(TYPES, []));
    expect([written.rows, output.files.length]).toEqual([0, 1]);
    expect(await read(output.files)).toEqual([]);
    expect((await read(output.files, 'name, converted_type', 'parquet_schema')).slice(1).map(([name]) => name)).toEqual(TYPES.map((_, n) => `c${n}`));
  });

  test('a value longer than a batch, among short ones', async () => {
    const rows: Row[] = [
      ['1', 'a'],
      ['2', 'ñ'.repeat(20 * MIB)],
      ['3', null],
    ];
    const { output } = await write(planned([{ kind: 'integer', bits: 32 }, TEXT], rows, MIB));
    expect(await read(output.files, 'c0, length(c1), right(c1, 1)')).toEqual([
      [1, '1', 'a'],
      [2, String(20 * MIB), 'ñ'],
      [3, null, null],
    ]);
  });

  test('ends a file with the row group by which it has the size, and the next one goes on', async () => {
    const rows = manyRows(200_000);
    const { written, output } = await write(planned(TYPES, rows), { rowGroupBytes: MIB, size: MIB });
    expect(output.files.length).toBeGreaterThan(2);
    for (const file of output.files.slice(0, -1)) expect(file.length).toBeGreaterThan(MIB);
    expect(output.rows.at(-1)).toBe(written.rows);
    const counts: number[] = [];
    for (const file of output.files) counts.push(Number((await read([file], 'count(*)'))[0]?.[0]) + (counts.at(-1) ?? 0));
    expect(counts).toEqual(output.rows);
    // In the order of the rows.
    expect((await read(output.files, 'c0')).map(([id]) => id)).toEqual(rows.map(([id]) => id));
  });

  test.each(['snappy', 'gzip', 'zstd'] as const)('compresses its pages by %s, and says who wrote it', async (codec) => {
    const { output } = await write(planned(TYPES, manyRows(100)), { codec });
    expect(await read(output.files, 'distinct compression', 'parquet_metadata')).toEqual([[codec.toUpperCase()]]);
    expect(await read(output.files, 'created_by', 'parquet_file_metadata')).toEqual([['a test']]);
  });

  test('has a dictionary of the values of a column, unless hardly any comes twice', async () => {
    const rows = Array.from({ length: 20_000 }, (_, n): Row => [
      String(n),
      `fila ${n}`,
      `estado ${n % 50}`,
      n % 100 === 0 ? `raro ${n}` : null,
      String(Math.floor(n / 4)),
      n % 2 === 0 ? 't' : 'f',
    ]);
    const types: ValueType[] = [
      { kind: 'integer', bits: 32 },
      TEXT,
      TEXT,
      TEXT,
      { kind: 'integer', bits: 64 },
      { kind: 'boolean', trueValue: 't', falseValue: 'f' },
    ];
    const plan = planned(types, rows);
    // A dot in a name is none of a path.
    const names = plan.columns.map(({ name }) => `doc.${name}`);
    const { output } = await write({ ...plan, columns: plan.columns.map((column, index) => ({ ...column, name: names[index] ?? '' })) });
    const found = await read(output.files, "path_in_schema, encodings like '%DICTIONARY%'", 'parquet_metadata');
    expect(Object.fromEntries(found.map(([name, has]) => [String(name).replaceAll('"', ''), has]))).toEqual({
      [names[0] as string]: false,
      [names[1] as string]: false,
      [names[2] as string]: true,
      [names[3] as string]: true,
      [names[4] as string]: true,
      [names[5] as string]: false,
    });
  });

  describe('a value that its type has no room for', () => {
    const types: readonly ValueType[] = [
      { kind: 'integer', bits: 32 },
      { kind: 'datetime', zone: false },
    ];
    const rows: Row[] = [
      ['1', '2025-01-02 15:30:45'],
      ['2', 'infinity'],
      ['3', null],
      ['4', '-infinity'],
    ];

    test('is NULL, and counted', async () => {
      const { written, losses, output } = await write(planned(types, rows));
      expect(written.columns[1]?.counts).toMatchObject({ nulls: 3, special: 0, lossy: 2 });
      expect(losses.reasons).toEqual(['c1: is no TIMESTAMP(MICROS,local) and so NULL in the file; "parquet.text" keeps its column as text']);
      expect(await read(output.files, 'c0, c1::varchar')).toEqual([
        [1, '2025-01-02 15:30:45'],
        [2, null],
        [3, null],
        [4, null],
      ]);
    });

    test('ends the run where it is strict, and is told by its row', async () => {
      await expect(write(planned(types, rows), { strict: true })).rejects.toMatchObject({
        code: 'VALUE_LOSSY',
        details: { row: 2, key: { c0: '2' }, column: 'c1' },
      });
    });

    test('is whole where its column is text', async () => {
      const { written, output } = await write(planned(types, rows), { text: ['c1'] });
      expect(written.columns[1]).toMatchObject({ values: TEXT, parquetType: 'STRING', counts: { nulls: 1, lossy: 0 } });
      expect(await read(output.files)).toEqual(rows.map(([id, at]) => [Number(id), at]));
    });

    test('of a column that is not there is refused', async () => {
      await expect(write(planned(types, rows), { text: ['c9'] })).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'c9' } });
    });
  });

  test('a file that takes no more bytes ends it with that cause', async () => {
    const output: FileOutput = { room: Infinity, write: () => Promise.reject(new Error('S3 is away')), next: async () => undefined };
    const plan = planned(TYPES, manyRows(200_000));
    const wanted = { codec: 'snappy', rowGroupBytes: MIB, createdBy: 'a test' } as const;
    await expect(writeParquet('ventas', plan, new Losses('ventas', false), output, wanted)).rejects.toThrow('S3 is away');
  });

  test('a source that fails, or has told another number of rows, ends it with that', async () => {
    const rows = manyRows(70_000);
    const plan = planned(TYPES, rows);
    const failing: PlannedDataset = {
      ...plan,
      read: (losses) => ({
        rows: () => 0,
        async *[Symbol.asyncIterator]() {
          yield* plan.read(losses);
          throw new Error('the source is away');
        },
      }),
    };
    await expect(write(failing)).rejects.toThrow('the source is away');
    const fewer = { ...plan, read: (losses: Losses) => ({ ...plan.read(losses), rows: () => 3 }) };
    await expect(write(fewer)).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('70000 records') });
  });
});
