import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** Does something in an empty DuckDB, which is gone afterwards. */
export async function inDuckdb<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
