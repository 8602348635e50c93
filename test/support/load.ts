import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Column, type Resource, filesOf } from '@esclusa/contract';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { inDuckdb } from '../../jobs/kit/src/testing/duckdb.ts';

type Cells = (string | null)[][];

/** The manifest's own line for a reader. */
export function loadLine(resource: Resource, reader: 'duckdb' | 'pandas' | 'postgresql' | 'athena' | 'redshift'): string {
  return (resource['load'] as Record<string, string>)[reader] ?? '';
}

/** What DuckDB holds after the manifest's load line, as text, in the file's order; and the types of its columns. `files` are where the URLs' objects lie. */
export async function loadIntoDuckdb(resource: Resource, files: readonly string[]): Promise<{ types: string[]; rows: Cells }> {
  return inDuckdb(async (connection) => {
    await connection.run("set timezone = 'UTC'");
    await connection.run(ofFiles(loadLine(resource, 'duckdb'), resource, files));
    const table = `"${resource.name}"`;
    const described = await connection.runAndReadAll(`describe ${table}`);
    const columns = described.getRowsJson() as string[][];
    const types = columns.map(([, type = '']) => type);
    // As the bytes' digits: the driver leaves a byte order mark out of what it makes a text of, names too. So they are told by their place.
    const list = columns.map((_, index) => `hex(cast(#${index + 1} as varchar))`);
    const result = await connection.runAndReadAll(`select ${list.join(', ')} from ${table}`);
    const rows = result.getRowsJson().map((row) => row.map((value) => (value === null ? null : Buffer.from(value as string, 'hex').toString('utf8'))));
    return { types, rows };
  });
}

/** What PostgreSQL holds after the manifest's load lines, as text, in any order. The table stays, under the dataset's name. */
export async function loadIntoPostgres(client: pg.Client, resource: Resource, files: readonly string[]): Promise<Cells> {
  const line = loadLine(resource, 'postgresql');
  const [create = '', copy = ''] = line.split(';\n');
  await client.query(create);
  const target = client.query(copyFrom(copy.replace(/;$/, '')));
  await pipeline(joined(line, files), target);
  // Under the names of the load line, which are not always the file's.
  const { fields } = await client.query(`select * from "${resource.name}" limit 0`);
  const columns = fields.map(({ name }) => spelt(`"${name.replaceAll('"', '""')}"`));
  const { rows } = await client.query<(string | null)[]>({ text: `select ${columns.join(', ')} from "${resource.name}"`, rowMode: 'array' });
  return rows;
}

/** A reader's line with files in place of the URLs. */
export function ofFiles(line: string, resource: Resource, files: readonly string[]): string {
  return filesOf(resource).reduce((line, { url }, index) => line.replace(`'${url}'`, `'${files[index]}'`).replace(`"${url}"`, `"${files[index]}"`), line);
}

/** The bytes of the files as the line's first words ask for, before they reach the server. */
async function* joined(line: string, files: readonly string[]): AsyncGenerator<Buffer> {
  const [, asked = 1, from = 1] = /^-- reads (\d+) files one after the other, .* tail -c \+(\d+)$/m.exec(line) ?? [];
  if (Number(asked) !== files.length) throw new Error(`the line is for ${asked} files, and there are ${files.length}`);
  for (const [index, file] of files.entries()) {
    let skip = index === 0 ? 0 : Number(from) - 1;
    for await (const chunk of createReadStream(file).pipe(unpackerOf(line))) {
      const bytes = chunk as Buffer;
      yield bytes.subarray(skip);
      skip = Math.max(0, skip - bytes.length);
    }
  }
}

/** What the line's first words ask for, before a file reaches the server. */
function unpackerOf(line: string): NodeJS.ReadWriteStream {
  const [, program] = /^-- reads the file unpacked: (\w+) -dc\n/.exec(line) ?? [];
  return program === undefined ? new PassThrough() : program === 'gzip' ? createGunzip() : createZstdDecompress();
}

/** A value as the server's own output function writes it, which a cast to text does not always do: it trims CHAR(n). */
export function spelt(column: string): string {
  return `case when ${column} is distinct from null then format('%s', ${column}) end`;
}

/** The fields of a resource's schema. */
export function fieldsOf(resource: Resource): Column[] {
  return resource.schema?.fields ?? [];
}

/** Rows in one spelling, whoever wrote them: by the types of the manifest's schema, with no value lost or made. */
export function canonical(resource: Resource, rows: Cells): Cells {
  const fields = fieldsOf(resource);
  return rows.map((row) => row.map((value, index) => (value === null ? null : spell(value, fields[index]?.type ?? 'string'))));
}

function spell(value: string, type: string): string {
  switch (type) {
    case 'integer':
      return BigInt(value).toString();
    case 'number':
      return number(value);
    case 'boolean':
      return String(/^t(rue)?$/.test(value));
    case 'datetime':
      return fraction(value.replace('T', ' ').replace(/(Z|\+00(:00)?)$/, ''));
    case 'time':
      return fraction(value);
    default:
      return value;
  }
}

/** Decimals with all their digits and no needless zero; with an exponent as the number that they are. */
function number(value: string): string {
  const [, sign = '', whole = '', decimals = ''] = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(value) ?? [];
  if (whole !== '' || decimals !== '' || /^[+-]?0+(\.0*)?$/.test(value)) {
    const magnitude = `${whole === '' ? '0' : whole}${decimals === '' ? '' : `.${decimals}`}`;
    return `${sign === '-' ? '-' : ''}${magnitude}`;
  }
  const named = value.toLowerCase().replace(/^([+-]?)inf(inity)?$/, '$1Infinity');
  if (named === 'nan' || named.endsWith('Infinity')) return named;
  return number(plainDigits(Number(named)));
}

function plainDigits(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} has no digits`);
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const [whole = '', decimals = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${decimals}`;
  const point = whole.length + Number(exponent);
  const plain = point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : `${digits.padEnd(point, '0').slice(0, point)}.${digits.slice(point)}`;
  return `${value < 0 || Object.is(value, -0) ? '-' : ''}${plain}`;
}

function fraction(value: string): string {
  return value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
}
