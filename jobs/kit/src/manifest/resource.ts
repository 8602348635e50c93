import { COMPRESSION_ENDING, type PublishedFile, type Resource } from '@esclusa/contract';
import type { DatasetOptions } from '../options/dataset-options.ts';
import type { PlannedIncrement } from '../options/incremental.ts';
import { type WrittenColumn, writtenField } from './field.ts';
import { athenaLoad } from './load/athena.ts';
import { duckdbLoad } from './load/duckdb.ts';
import { pandasLoad } from './load/pandas.ts';
import { parquetLoad } from './load/parquet.ts';
import { postgresqlLoad } from './load/postgresql.ts';
import { redshiftLoad } from './load/redshift.ts';
import type { WrittenFile } from '../sink/dataset-files.ts';
import type { FileFormat } from '../write-dataset.ts';

/** A dataset that was written whole. */
export interface WrittenDataset {
  readonly dataset: string;
  readonly bucket: string;
  /** In the order of their rows; at least one. */
  readonly files: readonly WrittenFile[];
  readonly columns: readonly WrittenColumn[];
  readonly omittedColumns: readonly string[];
  /** What the files are. */
  readonly as: FileFormat;
  /** Which part of the dataset it is, where that is read in increments. */
  readonly increment?: PlannedIncrement | undefined;
  /** The folder that holds its files and nothing else, ever; by its key's first part, with the slash. */
  readonly folder?: string | undefined;
  /** Key of the list of its files, where there is one. */
  readonly list?: string | undefined;
  /** Why values lost something, a sentence for each column and reason. */
  readonly losses: readonly string[];
  /** What it was asked to be: not all rows, perhaps. */
  readonly options?: Pick<DatasetOptions, 'limit' | 'sample'>;
  /** What the source was asked, where it has a language for it. */
  readonly query?: string | undefined;
}

/** What the manifest says of a dataset: a Data Resource (https://datapackage.org/standard/data-resource/), and what else proves it. */
export function resourceOfDataset(written: WrittenDataset): Resource {
  const { dataset, bucket, columns, omittedColumns, as, losses, increment, query, options: { limit, sample } = {} } = written;
  const files = written.files.map((file) => publishedFile(bucket, file));
  const urls = files.map(({ url }) => url);
  const { dialect, missingValues, load, ...described } = as.format === 'csv' ? describeCsv(dataset, urls, columns, as) : describeParquet(written, urls, as);
  return {
    name: dataset,
    type: 'table',
    ...together(files),
    ...described,
    lossy: columns.reduce((sum, { counts }) => sum + counts.lossy, 0),
    ...(losses.length === 0 ? {} : { losses: [...losses] }),
    ...(dialect === undefined ? {} : { dialect }),
    schema: { fields: columns.map(writtenField), ...(missingValues === undefined ? {} : { missingValues }) },
    omittedColumns: [...omittedColumns],
    ...(sample === undefined ? {} : { sample }),
    ...(limit === undefined ? {} : { limit }),
    ...(increment === undefined ? {} : { incremental: increment.told }),
    ...(increment?.state === undefined ? {} : { state: increment.state }),
    ...(query === undefined ? {} : { query }),
    load,
  };
}

/** What the standard, and who loads it, needs to know of files of one format. */
interface Described {
  readonly [more: string]: unknown;
  readonly format: string;
  readonly mediatype: string;
  readonly dialect?: Readonly<Record<string, unknown>>;
  readonly missingValues?: string[];
  readonly load: Readonly<Record<string, string>>;
}

function describeCsv(dataset: string, urls: readonly string[], columns: readonly WrittenColumn[], as: Extract<FileFormat, { format: 'csv' }>): Described {
  const { dialect, compression, longestRecord, headerBytes } = as;
  const loaded = { dataset, urls, columns, longestRecord, headerBytes, dialect, compression };
  return {
    // What who puts several files together leaves out of all but the first.
    ...(urls.length === 1 ? {} : { headerBytes }),
    format: 'csv',
    mediatype: 'text/csv',
    encoding: 'utf-8',
    ...(compression === undefined ? {} : { compression: COMPRESSION_ENDING[compression].slice(1) }),
    ...(dialect.bom ? { bom: true } : {}),
    dialect: {
      header: true,
      delimiter: dialect.delimiter,
      lineTerminator: '\n',
      quoteChar: '"',
      doubleQuote: true,
      ...(dialect.nullToken === '' ? {} : { nullSequence: dialect.nullToken }),
    },
    missingValues: [dialect.nullToken],
    load: { duckdb: duckdbLoad(loaded), pandas: pandasLoad(loaded), postgresql: postgresqlLoad(loaded) },
  };
}

function describeParquet(
  { dataset, bucket, columns, folder, list }: WrittenDataset,
  urls: readonly string[],
  { codec, rowGroupMiB }: Extract<FileFormat, { format: 'parquet' }>,
): Described {
  const url = (key: string | undefined): string | undefined => (key === undefined ? undefined : `s3://${bucket}/${key}`);
  return {
    format: 'parquet',
    mediatype: 'application/vnd.apache.parquet',
    parquet: { codec, rowGroupMiB },
    load: {
      ...parquetLoad({ dataset, urls }),
      athena: athenaLoad({ dataset, columns, folder: url(folder) }),
      redshift: redshiftLoad(dataset, columns, url(list)),
    },
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
