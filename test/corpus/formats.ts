import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from '@jest/globals';
import { COMPRESSIONS, type Column, type Resource } from '@esclusa/contract';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import type { DatasetOptions } from '../../jobs/kit/src/options/dataset-options.ts';
import { readCsv } from '../support/csv.ts';
import { type Extracted, extractHere } from '../support/extract.ts';
import { canonical, fieldsOf, loadLine, ofFiles } from '../support/load.ts';
import { PYTHON } from '../support/pandas.ts';
import { inDuckdb } from '../../jobs/kit/src/testing/duckdb.ts';

type Cells = (string | null)[][];

/** Holds a dataset to its CSV in every format and compression: the same letters, and of Parquet the same values, read back by other libraries. */
export async function expectFormats<Dataset extends DatasetOptions>(
  session: SourceSession<Dataset>,
  dataset: Dataset,
  { resource: { name }, text }: Extracted,
): Promise<void> {
  for (const compression of COMPRESSIONS) {
    expect({ compression, text: (await extractHere(session, name, { ...dataset, compression })).text }).toEqual({ compression, text });
  }
  for (const compression of [undefined, ...COMPRESSIONS]) {
    const { resource, files } = await extractHere(session, name, { ...dataset, format: 'parquet', compression });
    const fields = fieldsOf(resource);
    const { header, records } = readCsv(text);
    expect([fields.map((field) => field.name), resource.rows, resource['parquet']]).toEqual([
      header,
      records.length,
      { codec: compression ?? 'snappy', rowGroupMiB: 8 },
    ]);
    const expected = records.map((record) => record.map((value, column) => (value === null ? null : valueOf(value, fields[column]))));
    expectCounts(fields, records, expected);
    expect({ reader: 'DuckDB', rows: alike(resource, await throughDuckdb(resource, files)) }).toEqual({ reader: 'DuckDB', rows: alike(resource, expected) });
    const framed = await throughPandas(resource, files);
    if (framed !== undefined) expect({ reader: 'pandas', rows: alike(resource, framed) }).toEqual({ reader: 'pandas', rows: alike(resource, expected) });
  }
  await expectKept(session, dataset, name, text);
}

/** Whatever a type of Parquet has no room for is whole where its column is text. */
async function expectKept<Dataset extends DatasetOptions>(session: SourceSession<Dataset>, dataset: Dataset, name: string, csv: string): Promise<void> {
  const { header, records } = readCsv(csv);
  const { resource, files } = await extractHere(session, name, { ...dataset, format: 'parquet', parquet: { text: header } });
  expect(resource.lossy).toBe(0);
  expect(await throughDuckdb(resource, files)).toEqual(records.map((record) => record.map((value) => value)));
}

/** A NULL that was none is counted. */
function expectCounts(fields: readonly Column[], records: Cells, expected: Cells): void {
  const nulls = (rows: Cells, column: number): number => rows.filter((row) => row[column] === null).length;
  const counts = fields.map(({ counts }) => counts as { nulls: number; lossy: number });
  expect(counts.map(({ nulls }) => nulls)).toEqual(fields.map((_, column) => nulls(expected, column)));
  expect(counts.map(({ lossy }) => lossy)).toEqual(fields.map((_, column) => nulls(expected, column) - nulls(records, column)));
}

/** Numbers in one spelling. */
function alike(resource: Resource, rows: Cells): Cells {
  const numbers = { ...resource, schema: { fields: fieldsOf(resource).map((field) => ({ ...field, type: field.type === 'number' ? 'number' : 'string' })) } };
  return canonical(numbers, rows);
}

/** What a value of the CSV is in Parquet, by JavaScript's own means: days, microseconds, bytes as hex, or null where the type has no room. */
function valueOf(value: string, field: Column | undefined): string | null {
  const type = String(field?.['parquetType']);
  if (type === 'BOOLEAN') return String(/^t(rue)?$/.test(value));
  if (type === 'DATE') return daysOf(value)?.toString() ?? null;
  if (type.startsWith('TIMESTAMP')) return microsOf(value)?.toString() ?? null;
  // ZEROFILL's zeros are none of a number's.
  if (type.startsWith('DECIMAL')) return value === 'NaN' ? null : value.replace(/^0+(?=\d)/, '');
  if (type.startsWith('INT')) return BigInt(value).toString();
  if (type === 'BYTE_ARRAY') return (value.startsWith('\\x') ? Buffer.from(value.slice(2), 'hex') : Buffer.from(value, 'base64')).toString('hex').toUpperCase();
  return value;
}

function daysOf(text: string): bigint | undefined {
  const [, sign = '', digits = '', month = '', day = '', era] = /^([+-]?)(\d{4,9})-(\d\d)-(\d\d)(?!\d)[^B]*( BC)?$/.exec(text) ?? [];
  if (digits === '') return undefined;
  const year = Number(`${sign}${digits}`) * (era === undefined ? 1 : -1) + (era === undefined ? 0 : 1);
  // The calendar repeats itself every 400 years, of 146,097 days; Date reaches only so far.
  const cycles = Math.floor(year / 400);
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(year - cycles * 400 + 2000, Number(month) - 1, Number(day));
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return undefined;
  return BigInt(date.getTime() / 86_400_000) + BigInt(cycles - 5) * 146_097n;
}

function microsOf(text: string): bigint | undefined {
  const days = daysOf(text);
  const [, hours = '', minutes = '', seconds = '', fraction = ''] = /[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?/.exec(text) ?? [];
  if (days === undefined || hours === '') return undefined;
  const ofDay = ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  const micros = days * 86_400_000_000n + ofDay;
  return micros === BigInt.asIntN(64, micros) ? micros : undefined;
}

/** What DuckDB holds after the manifest's line. */
async function throughDuckdb(resource: Resource, files: readonly string[]): Promise<Cells> {
  return inDuckdb(async (connection) => {
    await connection.run(ofFiles(loadLine(resource, 'duckdb'), resource, files));
    const table = `"${resource.name.replaceAll('"', '""')}"`;
    const described = await connection.runAndReadAll(`describe ${table}`);
    const types = (described.getRowsJson() as string[][]).map(([, type = '']) => type);
    expect(types).toEqual(fieldsOf(resource).map((field) => duckdbType(String(field['parquetType']))));
    const list = types.map((type, index) => `hex(cast(${spelling(type, `#${index + 1}`)} as varchar))`);
    const result = await connection.runAndReadAll(`select ${list.join(', ')} from ${table}`);
    return result.getRowsJson().map((row) => row.map((value) => (value === null ? null : Buffer.from(value as string, 'hex').toString('utf8'))));
  });
}

/** The type that DuckDB is to see, with no word from us. */
function duckdbType(type: string): string {
  const [, of, local] = /^(?:INT\((\d+)\)|TIMESTAMP\(MICROS,(local)?.*)$/.exec(type) ?? [];
  if (of !== undefined) return { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[of] ?? '';
  if (type.startsWith('TIMESTAMP')) return local === undefined ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP';
  return { STRING: 'VARCHAR', BYTE_ARRAY: 'BLOB' }[type] ?? type;
}

function spelling(type: string, column: string): string {
  if (type.startsWith('TIMESTAMP')) return `epoch_us(${column})`;
  if (type === 'DATE') return `(${column} - date '1970-01-01')`;
  return type === 'BLOB' ? `hex(${column})` : column;
}

const SCRIPT = `
import sys, json, pandas, pyarrow, pyarrow.compute
given = json.load(sys.stdin)
frame = eval(given['line'])
def spelt(value):
    if value is None: return None
    if isinstance(value, bool): return str(value).lower()
    if isinstance(value, bytes): return value.hex().upper()
    return str(value)
def column(values):
    array = pyarrow.array(values)
    if pyarrow.types.is_timestamp(array.type): array = array.cast(pyarrow.int64())
    if pyarrow.types.is_date(array.type): array = array.cast(pyarrow.int32())
    if pyarrow.types.is_float32(array.type): return [None if value is None else str(pandas.Series([value], dtype='float32')[0]) for value in array.to_pylist()]
    return [spelt(value) for value in array.to_pylist()]
columns = [column(frame.iloc[:, index]) for index in range(len(frame.columns))]
json.dump([list(row) for row in zip(*columns)], sys.stdout)
`;

/** What pandas holds after the manifest's line; undefined where no Python was named. */
async function throughPandas(resource: Resource, files: readonly string[]): Promise<Cells | undefined> {
  if (PYTHON === undefined) return undefined;
  const running = promisify(execFile)(PYTHON, ['-c', SCRIPT], { maxBuffer: 1 << 30 });
  running.child.stdin?.end(JSON.stringify({ line: ofFiles(loadLine(resource, 'pandas'), resource, files) }));
  return JSON.parse((await running).stdout) as Cells;
}
