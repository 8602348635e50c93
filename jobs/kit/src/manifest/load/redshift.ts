import type { PublishedFile } from '@esclusa/contract';
import type { WrittenColumn } from '../field.ts';
import { quoteName, text, underLoadNames } from './file.ts';

/** Redshift's bound of a name, in bytes. */
const NAME_BYTES = 127;

/**
 * A manifest of Redshift: exactly the files that a COPY is to load, each of which must be there with this many bytes
 * (https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html).
 */
export function redshiftManifest(files: readonly Pick<PublishedFile, 'url' | 'bytes'>[]): string {
  return `${JSON.stringify({ entries: files.map(({ url, bytes }) => ({ url, mandatory: true, meta: { content_length: bytes } })) }, undefined, 1)}\n`;
}

/** Statements of Redshift that load a dataset's Parquet files into a new table, by that manifest: columns by their place. `manifest` is its URL; without one a comment says how to have it. */
export function redshiftLoad(dataset: string, columns: readonly WrittenColumn[], manifest: string | undefined): string {
  if (manifest === undefined) return '-- by a manifest, which lies beside the files of a dataset that says: parquet: { redshiftManifest: true }';
  const list = underLoadNames(columns, { bytes: NAME_BYTES, ignoresCase: true }).map(
    ({ name, parquetType = '' }) => `${quoteName(name)} ${redshiftType(parquetType)}`,
  );
  const copy = `COPY ${quoteName(dataset)} FROM ${text(manifest)} IAM_ROLE default FORMAT AS PARQUET MANIFEST;`;
  return `CREATE TABLE ${quoteName(dataset)} (${list.join(', ')});\n${copy}`;
}

/** The type of Redshift for one of Parquet, in the words of parquet/types.ts. */
function redshiftType(type: string): string {
  // Instants are in UTC in both; Redshift reads no TIMESTAMPTZ from Parquet.
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  return TYPES[type] ?? type.toLowerCase();
}

const TYPES: Readonly<Record<string, string>> = {
  'INT(8)': 'smallint',
  'INT(16)': 'smallint',
  'INT(32)': 'integer',
  'INT(64)': 'bigint',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  BYTE_ARRAY: 'varbyte(1024000)',
  STRING: 'varchar(max)',
};
