import { JobError } from '@esclusa/contract';
import {
  type ChosenColumns,
  type IncrementAsked,
  type PlannedIncrement,
  type SourceColumn,
  chooseColumns,
  isWholeQuery,
  isWholeTable,
  restOfSelect,
  wholeKey,
} from '@esclusa/kit';
import pg from 'pg';
import type { Dataset } from './dataset.ts';
import { planIncrement } from './increment.ts';
import { type CatalogueColumn, sourceColumn } from './kinds.ts';

/** Which columns of a dataset are read, and the SELECT that reads them. */
export interface Selection extends ChosenColumns<SourceColumn> {
  readonly sql: string;
  readonly key?: readonly string[];
  readonly increment?: PlannedIncrement;
  readonly estimatedRows?: number;
  readonly estimatedBytes?: number;
  /** Of a table whose rows lie in pages of its own (no policies, no children) and of which all are wanted: it may be read in ranges of these. */
  readonly pages?: PagedTable;
}

/** A table that may be read in ranges of its pages. */
export interface PagedTable {
  readonly oid: number;
  /** As SQL names it. */
  readonly relation: string;
  /** The SELECT of all its rows, to which a condition may be added. */
  readonly select: string;
  /** What its rows must fulfil, where not all are wanted. */
  readonly condition: string | undefined;
  readonly bytes: number;
}

// Names of our own queries say their schema: who may create functions and operators in another schema of the search path could put closer ones there (CVE-2018-1058).
const quote = pg.escapeIdentifier;
const RANDOM = 'pg_catalog.random()';

/** Whether another database has the type and reads its text alike: not row types, and not those that name something of this database. */
const builtin = (t: string): string =>
  `(${t}.typnamespace = 'pg_catalog'::regnamespace and ${t}.typtype in ('b', 'r', 'm') and ${t}.typcategory <> 'Z' and ${t}.typname operator(pg_catalog.!~) '^(reg|aclitem)')`;

/** What the catalogue says of types by oid and modifier, a domain taken as what it stands on; `of` gives n, name, oid and modifier. */
const describeTypes = (of: string): string => `
  with recursive wanted as (${of}), base(n, oid) as (
    select n, oid from wanted
    union all
    select base.n, t.typbasetype from base join pg_catalog.pg_type t on t.oid = base.oid where t.typtype = 'd'
  )
  select w.name, pg_catalog.format_type(w.oid, w.modifier) as type, pg_catalog.format_type(b.oid, null) as base,
    ${builtin('t')} and (e.oid is null or ${builtin('e')}) as builtin
  from wanted w join pg_catalog.pg_type t on t.oid = w.oid
    join base b on b.n = w.n join pg_catalog.pg_type bt on bt.oid = b.oid and bt.typtype <> 'd'
    left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  order by w.n`;

// Ordinary, partitioned and foreign tables, views and materialized views.
const RELATION_KINDS = "('r','p','f','v','m')";

/** Finds a dataset at the source without reading it. */
export async function select(client: pg.Client, name: string, dataset: Dataset, asked: IncrementAsked): Promise<Selection> {
  if (dataset.query !== undefined) return selectQuery(client, name, dataset.query, dataset, asked);
  return selectTable(client, name, { ...dataset, table: dataset.table ?? name }, asked);
}

/** Every table and view that the user may read outside the system's schemas, for a job run by hand. */
export async function listTables(client: pg.Client): Promise<{ schema: string; table: string }[]> {
  const { rows } = await client.query<{ schema: string; table: string }>(
    `select n.nspname as schema, c.relname as table from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ${RELATION_KINDS} and not c.relispartition and n.nspname operator(pg_catalog.!~) '^pg_' and n.nspname <> 'information_schema'
       and pg_catalog.has_table_privilege(c.oid, 'select') order by 1, 2`,
  );
  return rows;
}

async function selectTable(client: pg.Client, name: string, dataset: Dataset & { table: string }, asked: IncrementAsked): Promise<Selection> {
  const relation = dataset.schema === undefined ? quote(dataset.table) : `${quote(dataset.schema)}.${quote(dataset.table)}`;
  const found = await client.query<{ oid: number; rows: string; bytes: string; heap: boolean }>(
    `select c.oid, greatest(c.reltuples, 0)::bigint::text as rows, pg_catalog.pg_relation_size(c.oid)::text as bytes,
       c.relkind in ('r', 'm') and c.relam = (select oid from pg_catalog.pg_am where amname = 'heap') and not c.relrowsecurity and not c.relhassubclass as heap
     from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1)::oid and c.relkind in ${RELATION_KINDS}`,
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
  const { rows: available } = await client.query<CatalogueColumn>(
    describeTypes(`select attnum as n, attname::text as name, atttypid as oid, atttypmod as modifier from pg_catalog.pg_attribute
      where attrelid = $1 and attnum > 0 and not attisdropped`),
    [table.oid],
  );
  const all = available.map(sourceColumn);
  const { columns, omittedColumns } = chooseColumns(name, all, dataset);
  const rows = Number(table.rows);
  // Only a strict run tells a row by its key, and an increment by whether its cursor is one.
  const key = dataset.strict === true || dataset.incremental !== undefined ? await primaryKey(client, table.oid) : [];
  const increment = await planIncrement(client, name, dataset, asked, relation, { columns: all, key });
  const select = `select ${list(columns)} from ${relation}`;
  const rest = restOfSelect(dataset, RANDOM, increment?.condition);
  return {
    sql: `${select}${rest}`,
    ...(table.heap && isWholeTable(dataset, increment)
      ? { pages: { oid: table.oid, relation, select, condition: increment?.condition, bytes: Number(table.bytes) } }
      : {}),
    columns,
    omittedColumns,
    ...wholeKey(key, columns),
    ...(increment === undefined ? {} : { increment }),
    ...(rows > 0
      ? {
          estimatedRows: rows,
          estimatedBytes: Number(table.bytes),
        }
      : {}),
  };
}

async function primaryKey(client: pg.Client, table: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select a.attname::text as name from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
     where i.indrelid = $1 and i.indisprimary`,
    [table],
  );
  return rows.map(({ name }) => name);
}

async function selectQuery(client: pg.Client, name: string, text: string, dataset: Dataset, asked: IncrementAsked): Promise<Selection> {
  const query = text.trim().replace(/;\s*$/, '');
  // Line ends keep a trailing comment of the query from swallowing what follows.
  const derived = `(\n${query}\n) as dataset`;
  const { fields } = await client.query({ text: `select * from ${derived} limit 0`, rowMode: 'array' });
  const { rows: available } = await client.query<CatalogueColumn>(
    describeTypes('select n, name, oid, modifier from unnest($1::text[], $2::oid[], $3::int[]) with ordinality as f(name, oid, modifier, n)'),
    [fields.map((field) => field.name), fields.map((field) => field.dataTypeID), fields.map((field) => field.dataTypeModifier)],
  );
  const all = available.map(sourceColumn);
  const { columns, omittedColumns } = chooseColumns(name, all, dataset);
  const increment = await planIncrement(client, name, dataset, asked, derived, { columns: all, key: [] });
  const whole = isWholeQuery(dataset, columns.length, available.length);
  const sql = whole ? query : `select ${list(columns)} from ${derived}${restOfSelect(dataset, RANDOM, increment?.condition)}`;
  return { sql, columns, omittedColumns, ...(increment === undefined ? {} : { increment }) };
}

function list(columns: readonly { readonly name: string }[]): string {
  return columns.map((column) => quote(column.name)).join(', ');
}
