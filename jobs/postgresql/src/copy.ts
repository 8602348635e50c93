import type { DatasetReader } from '@esclusa/kit';
import type pg from 'pg';
import { CopyOut } from './copy-out.ts';
import { sourceError } from './failure.ts';

/**
 * The command that reads a SELECT: nothing is cast, the server's own output functions write the values. A database in SQL_ASCII holds
 * whatever bytes came, and would refuse those that are no UTF-8: they are taken as they are, and what is no UTF-8 is counted as everywhere.
 */
export function copyCommand(select: string, serverEncoding: string): string {
  return `copy (\n${select}\n) to stdout with (format csv, encoding '${serverEncoding === 'SQL_ASCII' ? serverEncoding : 'UTF8'}')`;
}

/** Reads by a COPY command: the server writes the CSV, we hand its bytes on. */
export function copyCsv(client: pg.Client, command: string, dataset: string): DatasetReader {
  let rows = 0;
  return {
    // The bytes are counted as they pass by whoever takes them; the server tells its own count at the end.
    rows: () => rows,
    [Symbol.asyncIterator]: () => copyBytes(client, command, dataset, (count) => (rows = count)),
  };
}

/** The bytes that a COPY command gives; `onEnd` is told how many rows the server has counted. */
export async function* copyBytes(client: pg.Client, command: string, dataset: string, onEnd: (rows: number) => void): AsyncGenerator<Uint8Array, void> {
  const copy = client.query(new CopyOut(command));
  try {
    yield* copy;
  } catch (error) {
    throw sourceError(error, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
  }
  onEnd(copy.rows);
}
