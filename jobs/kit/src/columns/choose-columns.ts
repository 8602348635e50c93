import { JobError } from '@esclusa/contract';
import { isSensitiveColumn } from './sensitive-columns.ts';

/** The columns of a dataset that are read, in their order, and those that were left out for their names. */
export interface ChosenColumns<Column> {
  readonly columns: Column[];
  readonly omittedColumns: string[];
}

/** Which columns a pipeline wants: the named ones in their order, or all but the excluded ones. */
export interface WantedColumns {
  readonly columns?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Columns that are masked: to name one is to want it, whatever it looks like. */
  readonly mask?: Readonly<Record<string, unknown>> | undefined;
}

/** The key of a table, if there is one and all of it is read. */
export function wholeKey(key: readonly string[], columns: readonly { readonly name: string }[]): { readonly key?: readonly string[] } {
  return key.length > 0 && key.every((part) => columns.some(({ name }) => name === part)) ? { key } : {};
}

/**
 * Chooses among the columns that a table or query has: the wanted ones in the wanted order, or all but the excluded ones and those that
 * look like a password or token and wear no mask. Rejects with `COLUMN_NOT_FOUND` for one that is named and missing, and with `QUERY_INVALID` where a
 * name comes twice or nothing is left.
 */
export function chooseColumns<Column extends { readonly name: string; readonly path?: readonly string[] }>(
  dataset: string,
  available: readonly Column[],
  { columns: wanted, exclude = [], mask = {} }: WantedColumns,
): ChosenColumns<Column> {
  const refuse = (message: string, code: 'COLUMN_NOT_FOUND' | 'QUERY_INVALID', column?: string): JobError =>
    new JobError(code, `dataset "${dataset}": ${message}`, { details: { dataset, ...(column === undefined ? {} : { column }) } });

  const names = available.map((column) => column.name);
  const byName = new Map(available.map((column) => [column.name, column]));
  const find = (name: string): Column => {
    const column = byName.get(name);
    if (column === undefined) throw refuse(`the column "${name}" does not exist; there are ${names.join(', ')}`, 'COLUMN_NOT_FOUND', name);
    return column;
  };
  const twice = (wanted ?? names).find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(`the column "${twice}" comes twice; give each a name of its own`, 'QUERY_INVALID', twice);
  if (wanted !== undefined) return { columns: wanted.map(find), omittedColumns: [] };
  // A typing error must not let a column through.
  exclude.forEach(find);
  const left = available.filter((column) => !exclude.includes(column.name));
  const isLeftOut = (column: Column): boolean => isSensitive(column) && !Object.hasOwn(mask, column.name);
  const columns = left.filter((column) => !isLeftOut(column));
  if (columns.length === 0) throw refuse('it has no column to extract', 'QUERY_INVALID');
  return { columns, omittedColumns: left.filter(isLeftOut).map((column) => column.name) };
}

/** By its name, or by that of anything it lies in. */
function isSensitive({ name, path = [] }: { readonly name: string; readonly path?: readonly string[] }): boolean {
  return isSensitiveColumn(name) || path.some(isSensitiveColumn);
}
