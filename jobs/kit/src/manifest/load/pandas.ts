import { type Dialect, PLAIN } from '../../csv/rules.ts';
import type { WrittenColumn } from '../field.ts';
import { type LoadedDataset, underLoadNames } from './file.ts';

const NAN = 'NaN';

/**
 * A line of pandas that loads a dataset's files. pandas doesn't see whether a field was quoted: in a text column that has both NULLs and empty
 * strings both come as empty strings (the manifest counts them); everywhere else NULL is `<NA>`. Decimals, dates and times stay text,
 * since pandas has no type that holds all of them.
 */
export function pandasLoad({ urls, columns: written, dialect, compression }: LoadedDataset): string {
  const columns = underLoadNames(written);
  const names = columns.map(({ name }) => name);
  const booleans = columns.flatMap(({ values }) => (values.kind === 'boolean' ? [values] : []));
  const lists =
    booleans.length === 0
      ? []
      : [`true_values=${list(booleans.map((type) => type.trueValue))}`, `false_values=${list(booleans.map((type) => type.falseValue))}`];
  const nullable = columns.filter((column) => isNullable(column, dialect));
  const nulls = dialect.nullToken === '' ? "''" : text(dialect.nullToken);
  const [url = '', ...others] = urls.map(text);
  const options = [
    others.length === 0 ? url : 'url',
    ...(written.every(isInHeader) ? [] : [`names=${list(names)}`, 'header=0']),
    `dtype={${columns.map((column) => `${text(column.name)}: ${text(pandasType(column))}`).join(', ')}}`,
    // Else "NA", "None", "null" and many other texts would be NULLs.
    'keep_default_na=False',
    `na_values={${nullable.map((column) => `${text(column.name)}: [${isNumpyFloat(pandasType(column)) ? text(NAN) : nulls}]`).join(', ')}}`,
    ...lists,
    // A NULL in a file of one column is a blank line.
    'skip_blank_lines=False',
    ...(dialect.delimiter === PLAIN.delimiter ? [] : [`sep=${text(dialect.delimiter)}`]),
    ...(compression === undefined ? [] : [`compression=${text(compression)}`]),
    `encoding='${dialect.bom ? 'utf-8-sig' : 'utf-8'}'`,
    String.raw`lineterminator='\n'`,
  ];
  const read = `pandas.read_csv(${options.join(', ')})`;
  return others.length === 0 ? read : `pandas.concat([${read} for url in [${[url, ...others].join(', ')}]], ignore_index=True)`;
}

/** Whether pandas finds the name in the header: it calls a nameless column `Unnamed: 0`, and takes a byte order mark at the file's start for no part of a name. */
function isInHeader({ name }: WrittenColumn, index: number): boolean {
  return name !== '' && !(index === 0 && name.startsWith('\ufeff'));
}

/** Whether nothing between the commas can only mean NULL. */
function isNullable(column: WrittenColumn, { nullToken }: Dialect): boolean {
  const { counts } = column;
  return pandasType(column) !== 'string' || (nullToken === '' ? counts.emptyStrings : counts.tokens) === 0;
}

/** The type of pandas that holds every value of the column in this file; what none holds is text. */
function pandasType({ values, counts }: WrittenColumn): string {
  switch (values.kind) {
    case 'boolean':
      return 'boolean';
    case 'integer':
      return `${values.unsigned === true ? 'U' : ''}Int${values.bits}`;
    case 'float':
      // The types that know <NA> know no NaN, and numpy's have NaN for NULL.
      if (counts.special === 0) return `Float${values.bits}`;
      return counts.nulls === 0 ? `float${values.bits}` : 'string';
    default:
      return 'string';
  }
}

function isNumpyFloat(type: string): boolean {
  return type.startsWith('float');
}

function list(values: readonly string[]): string {
  return `[${[...new Set(values)].map(text).join(', ')}]`;
}

/** A literal of Python: JSON's escapes are all Python's too. */
function text(value: string): string {
  return JSON.stringify(value);
}
