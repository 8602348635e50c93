import { type DatasetReader, type JobOutput, type RangeReader, inRing, rangeBytes, readInOrder, roomBytes } from '@esclusa/kit';
import type { KeyedTable } from './catalog.ts';
import { ask } from './connection.ts';
import type { Reader } from './connections.ts';
import { sourceError } from './failure.ts';
import { type KeyRange, KeyRanges, type KeySpan, inKeys } from './key-ranges.ts';
import { type RowsContext, type RowsQuery, readRows } from './rows.ts';

/** What a reading by several readers needs. */
export interface ParallelReading extends RowsContext {
  readonly readers: readonly Reader[];
  readonly table: KeyedTable;
  readonly query: Omit<RowsQuery, 'sql'>;
  /** Stands before each SELECT. */
  readonly comment: string;
  readonly output: JobOutput;
}

/** Reads a table by ranges of its key, on several connections that see the same rows; the rows come in the order of the primary key. */
export function readInRanges({ readers, table, query, comment, output, dataset, losses }: ParallelReading): DatasetReader {
  let rows = 0;
  const also = table.condition === undefined ? '' : ` and (${table.condition})`;
  return {
    rows: () => rows,
    async *[Symbol.asyncIterator]() {
      output.log('info', `dataset "${dataset}": ${readers.length} readers`, { event: 'readers', dataset, readers: readers.length });
      const ranges = new KeyRanges(await spanOf(readers[0] as Reader, table, dataset), rangeBytes(readers.length));
      const readerOn = (reader: Reader): RangeReader<KeyRange> =>
        inRing(async function* (range) {
          const reading = readRows(
            reader,
            { ...query, sql: `${comment} ${table.select} where ${inKeys(table.key, range)}${also} ${table.order}` },
            { dataset, losses },
          );
          yield* reading;
          rows += reading.rows();
          if (reading.rows() === 0 && range.to !== undefined) ranges.skipTo(await keyFrom(reader, table, range.to, dataset));
        }, roomBytes(readers.length));
      yield* readInOrder(readers.map(readerOn), ranges);
    },
  };
}

async function spanOf(reader: Reader, { name, key, bytes }: KeyedTable, dataset: string): Promise<KeySpan | undefined> {
  const { first, last } = await askKeys(reader, `select cast(min(${key}) as char) as first, cast(max(${key}) as char) as last from ${name}`, dataset);
  return typeof first !== 'string' || typeof last !== 'string' ? undefined : { first: BigInt(first), last: BigInt(last), bytes };
}

/** The first key from this one on. */
async function keyFrom(reader: Reader, { name, key }: KeyedTable, from: bigint, dataset: string): Promise<bigint> {
  const { first } = await askKeys(reader, `select cast(min(${key}) as char) as first from ${name} where ${key} >= ${from}`, dataset);
  return BigInt(first ?? from);
}

async function askKeys(reader: Reader, sql: string, dataset: string): Promise<{ first?: string | null; last?: string | null }> {
  try {
    const [row] = await ask<{ first: string | null; last?: string | null }>(reader.connection, sql);
    return row ?? {};
  } catch (error) {
    throw sourceError(error, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
  }
}
