import { type CursorTable, type IncrementAsked, type Incremental, type SourceColumn, type SqlIncrement, planSqlIncrement } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { ask } from './connection.ts';
import type { Dataset } from './dataset.ts';
import { quoteName, textLiteral } from './sql.ts';

/** Finds out which rows of a table, or of a query in brackets, are new, in the snapshot that they are read from, or in one just before. */
export async function planIncrement(
  connection: Connection,
  name: string,
  dataset: Dataset,
  asked: IncrementAsked,
  relation: string,
  table: CursorTable,
): Promise<SqlIncrement | undefined> {
  const { incremental, where } = dataset;
  return planSqlIncrement(name, dataset, asked, table, {
    dialectOf: ({ name, values }) => {
      const column = quoteName(name);
      return { column, literal: LITERALS[values.kind] ?? textLiteral, valueless: `${column} is null` };
    },
    upperBound: async (column, { column: cursor, literal, valueless }, from) => {
      const newest = lagged(newestOf(cursor, column), column, incremental);
      // Never back, whatever was deleted or asked for since.
      const bound = from === undefined ? newest : `case when ${newest} > ${literal(from)} then ${newest} else ${literal(from)} end`;
      const conditions = [...(where === undefined ? [] : [`(\n${where}\n)`]), `not (${valueless})`];
      // A text's letters are those of the file, whatever its character set.
      const sql = `select convert(cast(${bound} as char) using utf8mb4) as upper from ${relation} where ${conditions.join(' and ')}`;
      const [row] = await ask<{ upper: string | null }>(connection, sql);
      return row?.upper ?? undefined;
    },
  });
}

/** How values are written that the kit lets through only in letters which need no escape. */
const LITERALS: Partial<Record<SourceColumn['values']['kind'], (value: string) => string>> = {
  // A number in quotes would be compared as a DOUBLE.
  integer: String,
  decimal: String,
  date: (value) => `'${value}'`,
  datetime: (value) => `'${value}'`,
};

/** The greatest value. Of a BIT it is its bytes, in MySQL. */
function newestOf(cursor: string, { sourceType }: SourceColumn): string {
  return /^bit\b/i.test(sourceType) ? `cast(max(${cursor}) as unsigned)` : `max(${cursor})`;
}

/** The newest value that is old enough. */
function lagged(newest: string, { values, sourceType }: SourceColumn, { lag, utcOffset = '+00:00' }: Partial<Incremental> = {}): string {
  if (lag === undefined) return newest;
  if (values.kind !== 'date' && values.kind !== 'datetime') return `${newest} - ${lag}`;
  // The session is in UTC, so a TIMESTAMP is; a DATETIME is what somebody's clock showed.
  const offset = /^timestamp/i.test(sourceType) ? '+00:00' : utcOffset;
  const [, sign = '+', hours = '00', minutes = '00'] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  const clock = `utc_timestamp(6) ${sign} interval ${Number(hours) * 60 + Number(minutes)} minute - interval ${lag} second`;
  // A day goes on getting rows until it is over.
  return `least(${newest}, ${values.kind === 'date' ? `date(${clock}) - interval 1 day` : clock})`;
}
