import { duckdbPath, quoteName } from './file.ts';

/** What a load line needs to know of a dataset whose files are Parquet. */
export interface LoadedParquet {
  readonly dataset: string;
  /** Of its files, in the order of their rows; at least one. */
  readonly urls: readonly string[];
}

/** How readers load a dataset of Parquet files, each value as it is. They know the types by themselves. */
export function parquetLoad({ dataset, urls }: LoadedParquet): { duckdb: string; pandas: string; postgresql: string } {
  const [url = '', ...others] = urls;
  const from = others.length === 0 ? duckdbPath(url) : `[${urls.map(duckdbPath).join(', ')}]`;
  const list = urls.map((url) => JSON.stringify(url));
  return {
    duckdb: `CREATE TABLE ${quoteName(dataset)} AS SELECT * FROM read_parquet(${from});`,
    pandas: others.length === 0 ? read(list[0] ?? '') : `pandas.concat([${read('url')} for url in [${list.join(', ')}]], ignore_index=True)`,
    postgresql: '-- not to be loaded by PostgreSQL itself, which reads no Parquet: extract the dataset as csv',
  };
}

/** Without the word, a column of integers with NULLs comes as floating-point numbers. */
function read(path: string): string {
  return `pandas.read_parquet(${path}, dtype_backend='pyarrow')`;
}
