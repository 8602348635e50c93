import { type DatasetReader, type JobOutput, type RangeReader, rangeBytes, readInOrder, roomBytes } from '@esclusa/kit';
import type pg from 'pg';
import type { PagedTable } from './catalog.ts';
import type { Connections } from './connections.ts';
import { sourceError } from './failure.ts';
import { type PageRange, PageRanges, inPages } from './page-ranges.ts';
import { rowPieces } from './read-rows.ts';
import type { ValueFormat } from './kinds.ts';

/** What a reading by several readers needs. */
export interface ParallelReading {
  readonly dataset: string;
  readonly connections: Connections;
  readonly table: PagedTable;
  /** How the values of each of its columns come. */
  readonly formats: readonly ValueFormat[];
  readonly readers: number;
  readonly output: JobOutput;
}

/** Reads a table by ranges of its pages, on several connections that have one snapshot; the rows come in the order of the pages. */
export function readInRanges({ dataset, connections, table, formats, readers, output }: ParallelReading): DatasetReader {
  let rows = 0;
  const readerOn = (client: pg.Client, room: number): RangeReader<PageRange> => {
    return (range) => rowPieces(client, { dataset, sql: `${table.select} where ${inPages(range)}`, formats, room }, (count) => (rows += count));
  };
  return {
    rows: () => rows,
    async *[Symbol.asyncIterator]() {
      const { clients, pages } = await prepare(dataset, connections, table, readers);
      output.log('info', `dataset "${dataset}": ${clients.length} readers`, { event: 'readers', dataset, readers: clients.length });
      yield* readInOrder(
        clients.map((client) => readerOn(client, roomBytes(clients.length))),
        new PageRanges(pages, rangeBytes(clients.length)),
      );
    },
  };
}

async function prepare(
  dataset: string,
  connections: Connections,
  table: PagedTable,
  readers: number,
): Promise<{ clients: readonly pg.Client[]; pages: number }> {
  const { first } = connections;
  try {
    // Holds the table's lock for readers until the transaction ends: rewritten (VACUUM FULL), its rows would change their pages between two ranges.
    await first.query(`select from ${table.relation} limit 0`);
    const { rows } = await first.query<{ pages: string }>("select (pg_relation_size($1) / current_setting('block_size')::bigint)::text as pages", [table.oid]);
    return { clients: await connections.several(readers), pages: Number(rows[0]?.pages ?? 0) };
  } catch (error) {
    throw sourceError(error, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
  }
}
