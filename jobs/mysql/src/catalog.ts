import { JobError } from '@esclusa/contract';
import { type IncrementAsked, type PlannedIncrement, type SourceColumn, chooseColumns, isWholeQuery, isWholeTable, restOfSelect, wholeKey } from '@esclusa/kit';
import type { Connection, FieldPacket } from 'mysql2';
import { ask, askFields } from './connection.ts';
import { type Charset, conversionOf, isLost } from './conversion.ts';
import type { Dataset } from './dataset.ts';
import { planIncrement } from './increment.ts';
import { isText, typeName } from './kinds.ts';
import type { RowsQuery } from './rows.ts';
import { quoteName as quote, textLiteral } from './sql.ts';
import { sourceColumn } from './value-types.ts';

/** A column with the character set of its text. */
type Column = SourceColumn & Charset;

/** Which columns of a dataset are read, and the SELECT that reads them. */
export interface Selection extends RowsQuery {
  readonly omittedColumns: readonly string[];
  readonly estimatedRows?: number;
  readonly estimatedBytes?: number;
  readonly increment?: PlannedIncrement;
  /** Of a table of which all rows are wanted, and whose order is that of an integer key: it may be read in ranges of it. */
  readonly keyed?: KeyedTable;
  /** Table that is read, or the text of a query or view whose tables are not known. */
  readonly reads: { readonly schema: string; readonly table: string } | { readonly text: string };
}

/** A table that may be read in ranges of its key. */
export interface KeyedTable {
  /** Table, and first column of its primary key, as SQL writes them. */
  readonly name: string;
  readonly key: string;
  /** What a SELECT of all its rows begins with, and what it ends with for the order of the primary key; a condition stands between them. */
  readonly select: string;
  readonly order: string;
  /** What its rows must fulfil, where not all are wanted. */
  readonly condition: string | undefined;
  readonly bytes: number;
}

/** A table or view of the server. */
interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly engine: string | null;
  readonly options: string | null;
  readonly rows: number | string | null;
  readonly bytes: number | string | null;
}

const RANDOM = 'rand()';
const INTEGER = /^(tiny|small|medium|big)?int\b/i;

/** Finds a dataset at the source without reading it. */
export async function select(connection: Connection, database: string, name: string, dataset: Dataset, asked: IncrementAsked): Promise<Selection> {
  if (dataset.query !== undefined) return selectQuery(connection, name, dataset.query, dataset, asked);
  return selectTable(connection, name, dataset.schema ?? database, dataset.table ?? name, dataset, asked);
}

/** Every table and view of a database that the user can see. */
export async function listTables(connection: Connection, database: string): Promise<string[]> {
  // MariaDB lists sequences here too, and names system-versioned tables apart.
  const rows = await ask<{ name: string }>(
    connection,
    `select table_name as name from information_schema.tables
     where table_schema = ${textLiteral(database)} and table_type in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Whether the user may read a table that it can see. */
export async function mayRead(connection: Connection, database: string, table: string): Promise<boolean> {
  try {
    await ask(connection, `select 1 from ${quote(database)}.${quote(table)} limit 0`);
    return true;
  } catch (error) {
    const NO_PRIVILEGE = [1142, 1143, 1356];
    if (NO_PRIVILEGE.includes((error as { errno?: number }).errno ?? 0)) return false;
    throw error;
  }
}

async function selectTable(connection: Connection, name: string, schema: string, table: string, dataset: Dataset, asked: IncrementAsked): Promise<Selection> {
  const [found] = await ask<Relation>(
    connection,
    `select table_schema as \`schema\`, table_name as name, table_type as type, engine as engine, create_options as options, table_rows as \`rows\`, data_length as bytes
     from information_schema.tables where ${isTable({ schema, name: table })}`,
  );
  if (found === undefined) {
    throw new JobError(
      'DATASET_NOT_FOUND',
      `dataset "${name}": the table ${quote(schema)}.${quote(table)} does not exist, or the user may not see it; check "table" and "schema" in the pipeline, and the grants`,
      { details: { dataset: name, table: `${schema}.${table}` } },
    );
  }
  const available = await ask<{ name: string; type: string; part: string; charset: string | null }>(
    connection,
    `select column_name as name, column_type as type, column_key as part, character_set_name as charset
     from information_schema.columns where ${isTable(found)} order by ordinal_position`,
  );
  const all = available.map((column): Column => ({ ...sourceColumn(column.name, column.type), charset: column.charset ?? undefined }));
  const { columns, omittedColumns } = chooseColumns(name, all, dataset);
  const conversion = conversionOf(columns);
  const rows = Number(found.rows ?? 0);
  const key = available.flatMap((column) => (column.part === 'PRI' ? [column.name] : []));
  const relation = `${quote(found.schema)}.${quote(found.name)}`;
  const increment = await planIncrement(connection, name, dataset, asked, relation, { columns: all, key });
  const select = `select ${listOf(columns, conversion.checked)} from ${relation}`;
  const rest = restOfSelect(dataset, RANDOM, increment?.condition);
  // A reader of a range can't tell which row of the file it is that lost something.
  const inRanges = isWholeTable(dataset, increment) && conversion.checked.length === 0;
  const keyed = inRanges ? await keyOfRanges(connection, found, select, available, increment?.condition) : undefined;
  return {
    sql: `${select}${rest}`,
    ...(keyed === undefined ? {} : { keyed }),
    floats: floatsOf(columns),
    ...conversion,
    columns,
    omittedColumns,
    ...wholeKey(key, columns),
    ...(increment === undefined ? {} : { increment }),
    reads: found.type === 'VIEW' ? { text: await viewText(connection, found) } : { schema: found.schema, table: found.name },
    ...(rows > 0 ? { estimatedRows: rows, estimatedBytes: Number(found.bytes ?? 0) } : {}),
  };
}

/** How a table is read in ranges. InnoDB keeps its rows in the order of the primary key; other engines, and partitions, don't. */
async function keyOfRanges(
  connection: Connection,
  { schema, name, type, engine, options, bytes }: Relation,
  select: string,
  columns: readonly { readonly name: string; readonly type: string }[],
  condition: string | undefined,
): Promise<KeyedTable | undefined> {
  if (type !== 'BASE TABLE' || engine !== 'InnoDB' || /partitioned/i.test(options ?? '')) return undefined;
  const parts = await ask<{ name: string; direction: string }>(
    connection,
    `select column_name as name, collation as direction from information_schema.statistics
     where ${isTable({ schema, name })} and index_name = 'PRIMARY' order by seq_in_index`,
  );
  const [first] = parts;
  if (first === undefined || parts.some(({ direction }) => direction !== 'A')) return undefined;
  if (!INTEGER.test(columns.find((column) => column.name === first.name)?.type ?? '')) return undefined;
  return {
    name: `${quote(schema)}.${quote(name)}`,
    key: quote(first.name),
    // Without this hint the optimizer might prefer another index, and sort.
    select: `${select} force index (primary)`,
    condition,
    order: `order by ${parts.map((part) => quote(part.name)).join(', ')}`,
    bytes: Number(bytes ?? 0),
  };
}

/** The condition of information_schema's rows that they are of a table. */
function isTable({ schema, name }: Pick<Relation, 'schema' | 'name'>): string {
  return `table_schema = ${textLiteral(schema)} and table_name = ${textLiteral(name)}`;
}

function isFloat({ values }: SourceColumn): boolean {
  return values.kind === 'float' && values.bits === 32;
}

/** Whether the server shows less of its numbers than it has: a FLOAT with six digits, a DOUBLE(M,D) with D decimals, though ALTER TABLE may have left it more. */
function isCut(column: SourceColumn): boolean {
  return isFloat(column) || column.sourceType.startsWith('double(');
}

async function viewText(connection: Connection, relation: Relation): Promise<string> {
  const [view] = await ask<{ text: string | null }>(connection, `select view_definition as text from information_schema.views where ${isTable(relation)}`);
  return view?.text ?? '';
}

async function selectQuery(connection: Connection, name: string, text: string, dataset: Dataset, asked: IncrementAsked): Promise<Selection> {
  const query = text.trim().replace(/;\s*$/, '');
  // A derived table can only be a query. Line ends keep a trailing comment of it from swallowing what follows.
  const derived = `(\n${query}\n) as dataset`;
  const fields = await askFields(connection, `select * from ${derived} limit 0`);
  const sets = await charsetsOf(connection, derived, fields.filter(isText));
  const available = fields.map((field): Column => ({ ...sourceColumn(field.name, typeName(field)), charset: sets.get(field.name) }));
  const { columns, omittedColumns } = chooseColumns(name, available, dataset);
  const conversion = conversionOf(columns);
  // As it is where all of it is read: an ORDER BY of a derived table may be passed over. But numbers that are cut would stay so, and a text lose characters in silence.
  const plain = !columns.some(isCut) && conversion.checked.length === 0;
  const whole = plain && isWholeQuery(dataset, columns.length, available.length);
  const increment = await planIncrement(connection, name, dataset, asked, derived, { columns: available, key: [] });
  const rest = restOfSelect(dataset, RANDOM, increment?.condition);
  const sql = whole ? query : `select ${listOf(columns, conversion.checked)} from ${derived}${rest}`;
  return { ...(increment === undefined ? {} : { increment }), sql, floats: floatsOf(columns), ...conversion, columns, omittedColumns, reads: { text: query } };
}

/**
 * The character sets of a query's texts, which the protocol doesn't tell of what is converted. An aggregate has a row where there is none to read,
 * so that neither server runs the query.
 */
async function charsetsOf(connection: Connection, derived: string, texts: readonly FieldPacket[]): Promise<Map<string, string>> {
  if (texts.length === 0) return new Map();
  const list = texts.map(({ name }, index) => `charset(min(${quote(name)})) as \`${index}\``);
  const [row] = await ask<Record<string, string>>(connection, `select ${list.join(', ')} from ${derived} where false`);
  return new Map(texts.map(({ name }, index) => [name, row?.[index] ?? 'unknown']));
}

/**
 * The columns, and behind them whether those to be checked have lost something. Of a computed DOUBLE the text protocol shows all that tells it from
 * others. To add zero to one would take the sign of -0 away.
 */
function listOf(columns: readonly Column[], checked: readonly number[]): string {
  const values = columns.map((column) => (isCut(column) ? `${quote(column.name)} * 1e0` : quote(column.name)));
  const checks = columns.filter((_, index) => checked.includes(index)).map((column) => isLost(quote(column.name), column));
  return [...values, ...checks].join(', ');
}

function floatsOf(columns: readonly SourceColumn[]): ReadonlySet<number> {
  return new Set(columns.flatMap((column, index) => (isFloat(column) ? [index] : [])));
}
