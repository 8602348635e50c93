import { COMPRESSION_ENDING, type Resource } from '@esclusa/contract';
import { type Dialect, PLAIN } from '../csv/rules.ts';
import type { DatasetOptions } from '../options/dataset-options.ts';
import { type WrittenColumn, writtenField } from './field.ts';
import { duckdbLoad } from './load/duckdb.ts';
import { pandasLoad } from './load/pandas.ts';
import { postgresqlLoad } from './load/postgresql.ts';

/** A file that was written whole. */
export interface WrittenFile {
  readonly dataset: string;
  readonly bucket: string;
  readonly key: string;
  readonly rows: number;
  /** Of the file as it lies there, compressed or not; like the hash. */
  readonly bytes: number;
  /** What the compressed file unpacks to. */
  readonly uncompressedBytes?: number | undefined;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly columns: readonly WrittenColumn[];
  readonly omittedColumns: readonly string[];
  readonly longestRecord: number;
  /** Why values lost something, a sentence for each column and reason. */
  readonly losses: readonly string[];
  readonly dialect?: Dialect;
  /** What it was asked to be: not all rows, perhaps. */
  readonly options?: Pick<DatasetOptions, 'limit' | 'sample' | 'compression'>;
  /** What the source was asked, where it has a language for it. */
  readonly query?: string | undefined;
}

/** What the manifest says of a file: a Data Resource (https://datapackage.org/standard/data-resource/), and what else proves it. */
export function resourceOfFile(file: WrittenFile): Resource {
  const {
    dataset,
    bucket,
    key,
    rows,
    bytes,
    uncompressedBytes,
    sha256,
    columns,
    omittedColumns,
    longestRecord,
    losses,
    query,
    dialect = PLAIN,
    options: { limit, sample, compression } = {},
  } = file;
  const url = `s3://${bucket}/${key}`;
  const loaded = { dataset, url, columns, longestRecord, dialect, compression };
  return {
    name: dataset,
    type: 'table',
    // Relative, as the profile asks for; the package's root is the bucket.
    path: key,
    url,
    format: 'csv',
    mediatype: 'text/csv',
    encoding: 'utf-8',
    ...(compression === undefined ? {} : { compression: COMPRESSION_ENDING[compression].slice(1) }),
    bytes,
    ...(uncompressedBytes === undefined ? {} : { uncompressedBytes }),
    hash: `sha256:${sha256}`,
    rows,
    lossy: columns.reduce((sum, { counts }) => sum + counts.lossy, 0),
    ...(losses.length === 0 ? {} : { losses: [...losses] }),
    ...(dialect.bom ? { bom: true } : {}),
    dialect: {
      header: true,
      delimiter: dialect.delimiter,
      lineTerminator: '\n',
      quoteChar: '"',
      doubleQuote: true,
      ...(dialect.nullToken === '' ? {} : { nullSequence: dialect.nullToken }),
    },
    schema: { fields: columns.map(writtenField), missingValues: [dialect.nullToken] },
    omittedColumns: [...omittedColumns],
    ...(sample === undefined ? {} : { sample }),
    ...(limit === undefined ? {} : { limit }),
    ...(query === undefined ? {} : { query }),
    load: { duckdb: duckdbLoad(loaded), pandas: pandasLoad(loaded), postgresql: postgresqlLoad(loaded) },
  };
}
