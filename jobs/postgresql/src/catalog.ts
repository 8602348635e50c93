import { type Column, JobError } from '@esclusa/contract';
import { type ChosenColumns, chooseColumns } from '@esclusa/kit';
import pg from 'pg';
import type { Dataset } from './dataset.ts';

/** Which columns of a dataset are read, and the SELECT that reads them. */
export interface Selection extends ChosenColumns {
  readonly sql: string;
  readonly estimatedRows?: number;
  readonly estimatedBytes?: number;
}

const quote = pg.escapeIdentifier;

// Ordinary, partitioned and foreign tables, views and materialized views.
const RELATION_KINDS = "('r','p','f','v','m')";

/** Finds a dataset at the source without reading it. */
export async function select(client: pg.Client, name: string, dataset: Dataset): Promise<Selection> {
  if (dataset.query !== undefined) return selectQuery(client, name, dataset.query, dataset.columns);
  return selectTable(client, name, { ...dataset, table: dataset.table ?? name });
}

/** Every table and view that the user may read outside the system's schemas, for a job run by hand. */
export async function listTables(client: pg.Client): Promise<{ schema: string; table: string }[]> {
  const { rows } = await client.query<{ schema: string; table: string }>(
    `select n.nspname as schema, c.relname as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ${RELATION_KINDS} and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and has_table_privilege(c.oid, 'select') order by 1, 2`,
  );
  return rows;
}

async function selectTable(client: pg.Client, name: string, dataset: Dataset & { table: string }): Promise<Selection> {
  const relation = dataset.schema === undefined ? quote(dataset.table) : `${quote(dataset.schema)}.${quote(dataset.table)}`;
  const found = await client.query<{ oid: number; rows: string; bytes: string }>(
    `select c.oid, greatest(c.reltuples, 0)::bigint::text as rows, pg_relation_size(c.oid)::text as bytes
     from pg_class c where c.oid = to_regclass($1) and c.relkind in ${RELATION_KINDS}`,
    [relation],
  );
  const table = found.rows[0];
  if (table === undefined) {
    throw new JobError(
      'DATASET_NOT_FOUND',
      `dataset "${name}": the table ${relation} does not exist in the database; check "table" and "schema" in the pipeline`,
      {
        details: { dataset: name, table: relation },
      },
    );
  }
  const { rows: available } = await client.query<Column>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1 and attnum > 0 and not attisdropped order by attnum`,
    [table.oid],
  );
  const { columns, omittedColumns } = chooseColumns(name, available, dataset.columns);
  const rows = Number(table.rows);
  return {
    sql: `select ${list(columns)} from ${relation}`,
    columns,
    omittedColumns,
    ...(rows > 0
      ? {
          estimatedRows: rows,
          estimatedBytes: Number(table.bytes),
        }
      : {}),
  };
}

async function selectQuery(client: pg.Client, name: string, text: string, wanted: string[] | undefined): Promise<Selection> {
  const query = text.trim().replace(/;\s*$/, '');
  // Line ends keep a trailing comment of the query from swallowing what follows.
  const described = await client.query({ text: `select * from (\n${query}\n) as dataset limit 0`, rowMode: 'array' });
  const available = await named(client, described.fields);
  const { columns, omittedColumns } = chooseColumns(name, available, wanted);
  const whole = omittedColumns.length === 0 && wanted === undefined;
  return { sql: whole ? query : `select ${list(columns)} from (\n${query}\n) as dataset`, columns, omittedColumns };
}

async function named(client: pg.Client, fields: readonly pg.FieldDef[]): Promise<Column[]> {
  const { rows } = await client.query<{ type: string }>(
    'select format_type(oid, modifier) as type from unnest($1::oid[], $2::int[]) with ordinality as f(oid, modifier, n) order by n',
    [fields.map((field) => field.dataTypeID), fields.map((field) => field.dataTypeModifier)],
  );
  return fields.map((field, index) => ({ name: field.name, type: rows[index]?.type ?? 'unknown' }));
}

function list(columns: readonly Column[]): string {
  return columns.map((column) => quote(column.name)).join(', ');
}
