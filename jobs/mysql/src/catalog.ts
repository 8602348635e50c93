import { type Column, JobError } from '@esclusa/contract';
import { type ChosenColumns, chooseColumns } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { ask, askFields } from './connection.ts';
import type { Dataset } from './dataset.ts';
import { typeName } from './kinds.ts';
import type { RowsQuery } from './rows.ts';

/** Which columns of a dataset are read, and the SELECT that reads them. */
export interface Selection extends ChosenColumns, RowsQuery {
  readonly estimatedRows?: number;
  readonly estimatedBytes?: number;
  /** Table that is read, or the text of a query or view whose tables are not known. */
  readonly reads: { readonly schema: string; readonly table: string } | { readonly text: string };
}

/** A table or view of the server. */
interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly rows: number | string | null;
  readonly bytes: number | string | null;
}

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** Finds a dataset at the source without reading it. */
export async function select(connection: Connection, database: string, name: string, dataset: Dataset): Promise<Selection> {
  if (dataset.query !== undefined) return selectQuery(connection, name, dataset.query, dataset.columns);
  return selectTable(connection, name, dataset.schema ?? database, dataset.table ?? name, dataset.columns);
}

/** Every table and view of a database that the user can see. */
export async function listTables(connection: Connection, database: string): Promise<string[]> {
  // MariaDB lists sequences here too, and names system-versioned tables apart.
  const rows = await ask<{ name: string }>(
    connection,
    `select table_name as name from information_schema.tables
     where table_schema = ? and table_type in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') order by 1`,
    [database],
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

async function selectTable(connection: Connection, name: string, schema: string, table: string, wanted: string[] | undefined): Promise<Selection> {
  const [found] = await ask<Relation>(
    connection,
    `select table_schema as \`schema\`, table_name as name, table_type as type, table_rows as \`rows\`, data_length as bytes
     from information_schema.tables where table_schema = ? and table_name = ?`,
    [schema, table],
  );
  if (found === undefined) {
    throw new JobError(
      'DATASET_NOT_FOUND',
      `dataset "${name}": the table ${quote(schema)}.${quote(table)} does not exist, or the user may not see it; check "table" and "schema" in the pipeline, and the grants`,
      { details: { dataset: name, table: `${schema}.${table}` } },
    );
  }
  const available = await ask<Column>(
    connection,
    'select column_name as name, column_type as type from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position',
    [found.schema, found.name],
  );
  const { columns, omittedColumns } = chooseColumns(name, available, wanted);
  // The text protocol shows a FLOAT with six digits, as a DOUBLE it shows all.
  const list = columns.map((column) => (isFloat(column) ? `${quote(column.name)} + 0e0` : quote(column.name)));
  const rows = Number(found.rows ?? 0);
  return {
    sql: `select ${list.join(', ')} from ${quote(found.schema)}.${quote(found.name)}`,
    floats: new Set(columns.flatMap((column, index) => (isFloat(column) ? [index] : []))),
    columns,
    omittedColumns,
    reads: found.type === 'VIEW' ? { text: await viewText(connection, found) } : { schema: found.schema, table: found.name },
    ...(rows > 0 ? { estimatedRows: rows, estimatedBytes: Number(found.bytes ?? 0) } : {}),
  };
}

function isFloat({ type }: Column): boolean {
  return /^float\b/i.test(type);
}

async function viewText(connection: Connection, { schema, name }: Relation): Promise<string> {
  const [view] = await ask<{ text: string | null }>(
    connection,
    'select view_definition as text from information_schema.views where table_schema = ? and table_name = ?',
    [schema, name],
  );
  return view?.text ?? '';
}

async function selectQuery(connection: Connection, name: string, text: string, wanted: string[] | undefined): Promise<Selection> {
  const query = text.trim().replace(/;\s*$/, '');
  // A derived table can only be a query. Line ends keep a trailing comment of it from swallowing what follows.
  const derived = `(\n${query}\n) as dataset`;
  const fields = await askFields(connection, `select * from ${derived} limit 0`);
  const available = fields.map((field) => ({ name: field.name, type: typeName(field) }));
  const { columns, omittedColumns } = chooseColumns(name, available, wanted);
  // As it is where all of it is read: an ORDER BY of a derived table may be passed over.
  const whole = omittedColumns.length === 0 && wanted === undefined;
  const sql = whole ? query : `select ${columns.map((column) => quote(column.name)).join(', ')} from ${derived}`;
  return { sql, columns, omittedColumns, reads: { text: query } };
}
