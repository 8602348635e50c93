import { type Column, JobError } from '@esclusa/contract';
import { isSensitiveColumn } from './sensitive-columns.ts';

/** The columns of a dataset that are read, in their order, and those that were left out for their names. */
export interface ChosenColumns {
  readonly columns: Column[];
  readonly omittedColumns: string[];
}

/**
 * Chooses among the columns that a table or query has: the wanted ones in the wanted order, or all but those that look like a
 * password or token. Rejects with `COLUMN_NOT_FOUND` for a wanted one that is missing, and with `QUERY_INVALID` where a name comes
 * twice or nothing is left.
 */
export function chooseColumns(dataset: string, available: readonly Column[], wanted: readonly string[] | undefined): ChosenColumns {
  const refuse = (message: string, code: 'COLUMN_NOT_FOUND' | 'QUERY_INVALID', column?: string): JobError =>
    new JobError(code, `dataset "${dataset}": ${message}`, { details: { dataset, ...(column === undefined ? {} : { column }) } });

  const names = available.map((column) => column.name);
  const twice = (wanted ?? names).find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(`the column "${twice}" comes twice; give each a name of its own`, 'QUERY_INVALID', twice);
  if (wanted !== undefined) {
    const byName = new Map(available.map((column) => [column.name, column]));
    const columns = wanted.map((name) => {
      const column = byName.get(name);
      if (column === undefined) throw refuse(`the column "${name}" does not exist; there are ${names.join(', ')}`, 'COLUMN_NOT_FOUND', name);
      return column;
    });
    return { columns, omittedColumns: [] };
  }
  const columns = available.filter((column) => !isSensitiveColumn(column.name));
  if (columns.length === 0) throw refuse('it has no column to extract', 'QUERY_INVALID');
  return { columns, omittedColumns: names.filter((name) => isSensitiveColumn(name)) };
}
