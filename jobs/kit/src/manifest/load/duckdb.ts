import type { WrittenColumn } from '../field.ts';
import { type LoadedDataset, duckdbPath, quoteName, text, underLoadNames } from './file.ts';

// DuckDB's default; a longer line is an error, and twice as much must fit into its buffer.
const DEFAULT_MAX_LINE = 2_000_000;
const MAX_PRECISION = 38;

/**
 * A statement of DuckDB (https://duckdb.org/docs/stable/data/csv/overview) that loads a dataset's files into a table, each value as it is. Quoted
 * fields are no NULLs, or the empty string would be one.
 */
export function duckdbLoad({ dataset, urls, columns, longestRecord, dialect, compression }: LoadedDataset): string {
  const [url = '', ...others] = urls.map(duckdbPath);
  const from = others.length === 0 ? url : `[${[url, ...others].join(', ')}]`;
  const types = underLoadNames(columns, { ignoresCase: true }).map((column) => `${text(column.name)}: ${text(duckdbType(column))}`);
  const options = [
    'auto_detect = false',
    'header = true',
    // Told by itself it is taken from a carriage return in a column's name, and then no row is read.
    String.raw`new_line = '\n'`,
    `delim = ${text(dialect.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = ${text(dialect.nullToken)}`,
    'allow_quoted_nulls = false',
    ...(longestRecord >= DEFAULT_MAX_LINE ? [`max_line_size = ${longestRecord + 1}`, `buffer_size = ${4 * longestRecord}`, 'parallel = false'] : []),
    ...(compression === undefined ? [] : [`compression = ${text(compression)}`]),
    `columns = {${types.join(', ')}}`,
  ];
  return `CREATE TABLE ${quoteName(dataset)} AS SELECT * FROM read_csv(${from}, ${options.join(', ')});`;
}

/** The type of DuckDB that holds every value of the column in this file; what none holds is text. */
function duckdbType({ values, counts }: WrittenColumn): string {
  if (counts.special > 0 && values.kind !== 'float') return 'VARCHAR';
  switch (values.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return `${values.unsigned === true ? 'U' : ''}${INTEGERS[values.bits]}`;
    case 'decimal': {
      const { precision, scale = 0 } = values;
      return precision !== undefined && precision <= MAX_PRECISION && scale >= 0 && scale <= precision ? `DECIMAL(${precision},${scale})` : 'VARCHAR';
    }
    case 'float':
      return values.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'date':
      return 'DATE';
    case 'datetime':
      return values.zone ? 'TIMESTAMPTZ' : 'TIMESTAMP';
    case 'time':
      return 'TIME';
    case 'uuid':
      return 'UUID';
    default:
      return 'VARCHAR';
  }
}

const INTEGERS = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' } as const;
