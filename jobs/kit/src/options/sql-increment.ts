import { type DatasetState, JobError } from '@esclusa/contract';
import type { SourceColumn } from '../columns/value-type.ts';
import { type Increment, type PlannedIncrement, cursorColumn, plannedIncrement, valueOfState } from './incremental.ts';
import type { SqlDataset } from './sql-dataset.ts';

/** An increment with the condition of its rows. */
export interface SqlIncrement extends PlannedIncrement {
  readonly condition: string;
  /** All rows that there are up to its end: nothing was read before. */
  readonly isFull: boolean;
}

/** What is to be known of increments: what the run before has left, and whether they are to be read, or told of alone. */
export interface IncrementAsked {
  readonly state: DatasetState | undefined;
  readonly isRun: boolean;
}

/** What rows are read from. */
export interface CursorTable {
  readonly columns: readonly SourceColumn[];
  /** Columns of the primary key; none where it has none, or nobody knows. */
  readonly key: readonly string[];
}

/** How a dialect of SQL says what an increment needs. */
export interface CursorDialect {
  /** The cursor, as SQL writes it. */
  readonly column: string;
  /** A value of it, as SQL writes it. Of numbers, dates and timestamps it has been checked that they hold nothing else. */
  readonly literal: (value: string) => string;
  /** An operator that compares the cursor with a value, as SQL writes it; as it is by default. */
  readonly operator?: ((sign: '<=' | '>' | '>=') => string) | undefined;
  /** Pattern that no text of the source matches. */
  readonly never?: RegExp;
  /** True for rows whose cursor says nothing: NULL, and what is greater than everything for ever. */
  readonly valueless: string;
}

/** The condition of the rows of an increment. */
export function incrementCondition({ from, fromIncluded, to }: Increment, { column, literal, valueless, operator = String }: CursorDialect): string {
  const upTo = to === undefined ? undefined : `${column} ${operator('<=')} ${literal(to)}`;
  if (from === undefined) return upTo === undefined ? valueless : `${upTo} or ${valueless}`;
  // Without an end there is nothing that is new.
  return `${column} ${operator(fromIncluded ? '>=' : '>')} ${literal(from)} and ${upTo ?? 'false'}`;
}

/** Whether a table is read from its beginning to its end, be it up to a cursor's newest value: then it may be read in ranges. */
export function isWholeTable({ where, sample, limit }: SqlDataset, increment: SqlIncrement | undefined): boolean {
  return (where ?? sample ?? limit) === undefined && increment?.isFull !== false;
}

/** How a source finds out what an increment needs. */
export interface CursorSource {
  readonly dialectOf: (column: SourceColumn) => CursorDialect;
  /** The newest value that is old enough, as text, or `from` where that is newer; in the snapshot that rows are read from, or one just before. Undefined where no row has one. */
  readonly upperBound: (column: SourceColumn, dialect: CursorDialect, from: string | undefined) => Promise<string | undefined>;
}

/** Finds out which rows of a dataset are new; undefined of one that is not read in increments, or not read now. */
export async function planSqlIncrement(
  dataset: string,
  { incremental }: SqlDataset,
  { state, isRun }: IncrementAsked,
  { columns, key }: CursorTable,
  source: CursorSource,
): Promise<SqlIncrement | undefined> {
  if (incremental === undefined) return undefined;
  const column = cursorColumn(dataset, incremental, columns);
  // How far it goes may be a pass over the table, which a look at it is not worth.
  if (!isRun) return undefined;
  const { cursor, lag } = incremental;
  const given = valueOfState(dataset, incremental, state);
  const dialect = source.dialectOf(column);
  if (given !== undefined && !isCursorValue(column, dialect, given)) throw invalidState(dataset, column, given);
  const from = given;
  const to = await source.upperBound(column, dialect, from);
  // The source's value goes into SQL too, and into the state that the next run gets.
  if (to !== undefined && !isCursorValue(column, dialect, to)) throw uselessBound(dataset, column, to);
  // Of values that are each a row's own, and of those that are old enough, none can have come since.
  const isUnique = key.length === 1 && key[0] === cursor;
  const increment: Increment = { cursor, from, fromIncluded: lag === undefined && !isUnique, to, lag };
  return { ...plannedIncrement(increment), condition: incrementCondition(increment, dialect), isFull: from === undefined };
}

const PATTERNS: Partial<Record<SourceColumn['values']['kind'], RegExp>> = {
  integer: /^-?\d{1,20}$/,
  decimal: /^-?\d{1,1000}(\.\d{1,1000})?$/,
  date: /^\d{4,7}-\d\d-\d\d( BC)?$/,
  datetime: /^\d{4,6}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:\d\d)?)?( BC)?$/,
};
const MAX_LENGTH = 10_000;

/** Returns true if `value` may stand in SQL as a value of the cursor. */
function isCursorValue({ values }: SourceColumn, { never }: CursorDialect, value: unknown): value is string {
  // Half a surrogate pair would become another character on its way to the source.
  if (typeof value !== 'string' || value.length > MAX_LENGTH || !value.isWellFormed()) return false;
  return PATTERNS[values.kind]?.test(value) ?? never?.test(value) !== true;
}

function invalidState(dataset: string, { values }: SourceColumn, value: unknown): JobError {
  return new JobError(
    'STATE_INVALID',
    `dataset "${dataset}": its state has ${excerpt(value)}, which is no ${values.kind}; set it anew, or run it once with {"fullRefresh": true}`,
    { details: { dataset, field: 'state.value' } },
  );
}

function uselessBound(dataset: string, { name, sourceType, values }: SourceColumn, value: string): JobError {
  const why = values.kind === 'text' ? `a text of up to ${MAX_LENGTH} characters` : `${values.kind} as SQL writes it`;
  return new JobError('QUERY_INVALID', `dataset "${dataset}": "${name}" (${sourceType}) can be no cursor: its newest value, ${excerpt(value)}, is not ${why}`, {
    details: { dataset, column: name },
  });
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
