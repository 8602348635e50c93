import type { JobError } from '@esclusa/contract';
import { type DatasetReader, type JobOutput, type Piece, type RangeReader, rangeBytes, readInOrder, roomBytes } from '@esclusa/kit';
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
  // So that no index is used for it: a range of pages has its rows in the order of the pages, for whoever reads on in place of another.
  const also = table.condition === undefined ? '' : ` and (${table.condition}) is true`;
  const readerOn = (given: pg.Client, room: number): RangeReader<PageRange> => {
    let client = given;
    return async function* (range) {
      const query = { dataset, sql: `${table.select} where ${inPages(range)}${also}`, formats, room };
      let handed = 0;
      for (;;) {
        try {
          for await (const piece of behind(
            handed,
            rowPieces(client, query, (count) => (rows += count)),
          )) {
            handed += piece.bytes.length;
            yield piece;
          }
          return;
        } catch (error) {
          const other = (error as JobError).code === 'SOURCE_LOST' ? await connections.replace(client) : undefined;
          if (other === undefined) throw error;
          client = other;
          const what = `dataset "${dataset}": a connection was lost (${(error as JobError).message}); another one reads on from the same snapshot`;
          output.log('warn', what, { event: 'reader-replaced', dataset });
        }
      }
    };
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

/** Pieces without their first bytes, which stand in the file already: in one snapshot a range of pages has the same rows in the same order. */
async function* behind(bytes: number, pieces: AsyncIterable<Piece>): AsyncGenerator<Piece, void> {
  let skip = bytes;
  for await (const piece of pieces) {
    const skipped = Math.min(skip, piece.bytes.length);
    skip -= skipped;
    if (skipped === piece.bytes.length) piece.free();
    else yield skipped === 0 ? piece : { bytes: piece.bytes.subarray(skipped), free: () => piece.free() };
  }
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
    const { rows } = await first.query<{ pages: string }>(
      "select (pg_catalog.pg_relation_size($1) / pg_catalog.current_setting('block_size')::bigint)::text as pages",
      [table.oid],
    );
    return { clients: await connections.several(readers), pages: Number(rows[0]?.pages ?? 0) };
  } catch (error) {
    throw sourceError(error, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
  }
}
