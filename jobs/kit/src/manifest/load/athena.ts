import type { WrittenColumn } from '../field.ts';
import { nameInComment } from './file.ts';

/** What a table of Athena is made of: the Parquet files of one dataset in a folder of their own. */
export interface AthenaTable {
  readonly dataset: string;
  readonly columns: readonly WrittenColumn[];
  /** `s3://<bucket>/<folder>/`; undefined where others' files lie, or may lie, in the same folder. */
  readonly folder: string | undefined;
}

/**
 * A statement of Athena that makes a table of a dataset's Parquet files (https://docs.aws.amazon.com/athena/latest/ug/create-table.html). Athena reads folders, whole, and knows columns by their
 * names, whatever their case: where that would be something else than the dataset, a comment says what to do.
 */
export function athenaLoad({ dataset, columns, folder }: AthenaTable): string {
  if (folder === undefined) {
    return '-- Athena reads all files of a folder: give each run of the dataset one of its own, as by destination.key: "{pipeline}/{dataset}/{run}/data", and this is its CREATE TABLE';
  }
  const names = columns.map(({ name }) => name.toLowerCase());
  const twice = columns.filter(
    ({ name }, index) => name === '' || names.indexOf(name.toLowerCase()) !== index || names.lastIndexOf(name.toLowerCase()) !== index,
  );
  if (twice.length > 0) {
    return `-- not to be read by Athena, whose columns have names that differ in more than case: ${twice.map(({ name }) => nameInComment(name)).join(', ')}; give them others in a query or view`;
  }
  const list = columns.map(({ name, parquetType = '' }) => `${quoted(name.toLowerCase())} ${athenaType(parquetType)}`);
  return `CREATE EXTERNAL TABLE ${quoted(dataset.toLowerCase())} (${list.join(', ')}) STORED AS PARQUET LOCATION ${hiveText(folder)};`;
}

/** A text as Hive's DDL writes it: `''` would be nothing in it. A folder has no backslash, or it would be doubled too. */
function hiveText(value: string): string {
  return `'${value.replace(/[\\']/g, String.raw`\$&`)}'`;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** The type of Athena for one of Parquet, in the words of parquet/types.ts. */
function athenaType(type: string): string {
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  return TYPES[type] ?? type.toLowerCase();
}

const TYPES: Readonly<Record<string, string>> = {
  'INT(8)': 'tinyint',
  'INT(16)': 'smallint',
  'INT(32)': 'int',
  'INT(64)': 'bigint',
  BYTE_ARRAY: 'binary',
  STRING: 'string',
};
