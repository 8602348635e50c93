import { COMPRESSION_ENDING, type PublishedFile, type Resource } from '@esclusa/contract';
import { type Dialect, PLAIN } from '../csv/rules.ts';
import type { DatasetOptions } from '../options/dataset-options.ts';
import { type WrittenColumn, writtenField } from './field.ts';
import { duckdbLoad } from './load/duckdb.ts';
import { pandasLoad } from './load/pandas.ts';
import { postgresqlLoad } from './load/postgresql.ts';
import type { WrittenFile } from '../sink/dataset-files.ts';

/** A dataset that was written whole. */
export interface WrittenDataset {
  readonly dataset: string;
  readonly bucket: string;
  /** In the order of their rows; at least one. */
  readonly files: readonly WrittenFile[];
  readonly columns: readonly WrittenColumn[];
  readonly omittedColumns: readonly string[];
  readonly longestRecord: number;
  readonly headerBytes: number;
  /** Why values lost something, a sentence for each column and reason. */
  readonly losses: readonly string[];
  readonly dialect?: Dialect;
  /** What it was asked to be: not all rows, perhaps. */
  readonly options?: Pick<DatasetOptions, 'limit' | 'sample' | 'compression'>;
  /** What the source was asked, where it has a language for it. */
  readonly query?: string | undefined;
}

/** What the manifest says of a dataset: a Data Resource (https://datapackage.org/standard/data-resource/), and what else proves it. */
export function resourceOfDataset(written: WrittenDataset): Resource {
  const {
    dataset,
    bucket,
    columns,
    omittedColumns,
    longestRecord,
    headerBytes,
    losses,
    query,
    dialect = PLAIN,
    options: { limit, sample, compression } = {},
  } = written;
  const files = written.files.map((file) => publishedFile(bucket, file));
  const urls = files.map(({ url }) => url);
  const loaded = { dataset, urls, columns, longestRecord, headerBytes, dialect, compression };
  return {
    name: dataset,
    type: 'table',
    ...together(files),
    // What who puts several files together leaves out of all but the first.
    ...(files.length === 1 ? {} : { headerBytes }),
    format: 'csv',
    mediatype: 'text/csv',
    encoding: 'utf-8',
    ...(compression === undefined ? {} : { compression: COMPRESSION_ENDING[compression].slice(1) }),
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

/** One file as it is; of several the list, and what they come to. */
function together(files: readonly PublishedFile[]): Pick<Resource, 'path' | 'url' | 'hash' | 'bytes' | 'rows' | 'files'> {
  const [first, ...others] = files;
  if (first === undefined) throw new Error('a dataset has at least one file');
  if (others.length === 0) return first;
  const sum = (of: 'bytes' | 'uncompressedBytes' | 'rows'): number => files.reduce((sum, file) => sum + Number(file[of]), 0);
  return {
    path: files.map(({ path }) => path),
    bytes: sum('bytes'),
    ...(first['uncompressedBytes'] === undefined ? {} : { uncompressedBytes: sum('uncompressedBytes') }),
    rows: sum('rows'),
    files: [...files],
  };
}

function publishedFile(bucket: string, { key, rows, bytes, uncompressedBytes, sha256 }: WrittenFile): PublishedFile {
  return {
    // Relative, as the profile asks for; the package's root is the bucket.
    path: key,
    url: `s3://${bucket}/${key}`,
    bytes,
    ...(uncompressedBytes === undefined ? {} : { uncompressedBytes }),
    hash: `sha256:${sha256}`,
    rows,
  };
}
