import { type DatasetReader, type Piece, bytesOf } from '@esclusa/kit';
import type pg from 'pg';
import { sourceError } from './failure.ts';
import { RowEncoder } from './row-encoder.ts';
import { RowQuery } from './row-query.ts';
import { tapOf } from './tap.ts';
import type { ValueFormat } from './kinds.ts';

/** Little: who takes the bytes is slower than the server only where S3 is. */
const ROOM_ALONE_BYTES = 1024 * 1024;
/** Of each connection, since a table may be read by many queries. */
const encoders = new WeakMap<pg.Client, RowEncoder>();

/** What is read: nothing is cast. */
export interface RowsToRead {
  readonly dataset: string;
  readonly sql: string;
  /** How the values of each column come. */
  readonly formats: readonly ValueFormat[];
  /** Bytes that may wait to be taken. */
  readonly room?: number;
}

/** Reads a SELECT on a connection; the bytes are counted as they pass by whoever takes them, the server tells its own count of rows at the end. */
export function readRows(client: pg.Client, rows: RowsToRead): DatasetReader {
  let count = 0;
  return {
    rows: () => count,
    [Symbol.asyncIterator]: () => bytesOf(rowPieces(client, rows, (found) => (count = found))),
  };
}

/** The CSV of a SELECT; `onEnd` is told how many rows the server has counted. */
export async function* rowPieces(
  client: pg.Client,
  { dataset, room = ROOM_ALONE_BYTES, ...query }: RowsToRead,
  onEnd: (rows: number) => void,
): AsyncGenerator<Piece, void> {
  const encoder = encoders.get(client) ?? new RowEncoder();
  encoders.set(client, encoder);
  encoder.lendUpTo(room);
  const rows = client.query(new RowQuery({ ...query, tap: tapOf(client), encoder }));
  try {
    yield* rows;
  } catch (error) {
    throw sourceError(error, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
  }
  onEnd(rows.rows);
}
