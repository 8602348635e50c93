import {
  type CursorDialect,
  type CursorTable,
  type IncrementAsked,
  type Incremental,
  type SourceColumn,
  type SqlIncrement,
  planSqlIncrement,
} from '@esclusa/kit';
import pg from 'pg';
import type { Dataset } from './dataset.ts';
import { isBuiltin } from './kinds.ts';

/** Finds out which rows of a relation, or of a query in brackets, are new, in the snapshot that they are read from. */
export async function planIncrement(
  client: pg.Client,
  name: string,
  dataset: Dataset,
  asked: IncrementAsked,
  relation: string,
  table: CursorTable,
): Promise<SqlIncrement | undefined> {
  const { incremental, where } = dataset;
  return planSqlIncrement(name, dataset, asked, table, {
    dialectOf: (column) => ({
      column: pg.escapeIdentifier(column.name),
      literal: pg.escapeLiteral,
      // Other types bring operators of their own (citext), which lie where the type does.
      operator: isBuiltin(column) ? ofCatalog : undefined,
      valueless: valueless(column),
      // oxlint-disable-next-line no-control-regex -- the server has no NUL in a text, and would take it for the statement's end
      never: /\u0000/,
    }),
    upperBound: async (column, dialect, from) => {
      const newest = lagged(`${isBuiltin(column) ? 'pg_catalog.' : ''}max(${dialect.column})`, column, incremental);
      // Never back, whatever was deleted or asked for since.
      const bound = from === undefined ? newest : `greatest(${newest}, ${dialect.literal(from)})`;
      const conditions = [...(where === undefined ? [] : [`(\n${where}\n)`]), `not (${dialect.valueless})`];
      const { rows } = await client.query<{ upper: string | null }>(`select (${bound})::text as upper from ${relation} where ${conditions.join(' and ')}`);
      return rows[0]?.upper ?? undefined;
    },
  });
}

/** The operator of the server's own, whatever others of its name lie in the search path. */
function ofCatalog(sign: string): string {
  return `operator(pg_catalog.${sign})`;
}

/** The newest value that is old enough. */
function lagged(newest: string, { values }: SourceColumn, { lag, utcOffset = '+00:00' }: Partial<Incremental> = {}): string {
  if (lag === undefined) return newest;
  if (values.kind !== 'date' && values.kind !== 'datetime') return `${newest} ${ofCatalog('-')} ${lag}`;
  const ago = `interval '${lag} seconds'`;
  if (values.kind === 'datetime' && values.zone) return `least(${newest}, pg_catalog.now() - ${ago})`;
  // As a clock there shows it. POSIX counts offsets westward, an interval eastward.
  const clock = `(pg_catalog.now() at time zone interval '${utcOffset}') - ${ago}`;
  // A day goes on getting rows until it is over.
  return values.kind === 'date' ? `least(${newest}, (${clock})::date - 1)` : `least(${newest}, ${clock})`;
}

/** What says nothing of when: NULL, and what is greater than everything for ever. */
function valueless({ name, values }: SourceColumn): CursorDialect['valueless'] {
  const column = pg.escapeIdentifier(name);
  if (values.kind === 'date' || values.kind === 'datetime') return `${column} is null or not pg_catalog.isfinite(${column})`;
  return values.kind === 'decimal' ? `${column} is null or ${column}::text in ('NaN', 'Infinity', '-Infinity')` : `${column} is null`;
}
