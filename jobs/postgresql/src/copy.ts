import type { DatasetReader } from '@esclusa/kit';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { sourceError } from './failure.ts';

/** The command that reads a SELECT: nothing is cast, the server's own output functions write the values. */
export function copyCommand(select: string): string {
  return `copy (\n${select}\n) to stdout with (format csv, encoding 'UTF8')`;
}

const LINE_END = 10;

/** Reads a SELECT by COPY: the server writes the CSV, we hand its bytes on. */
export function copyCsv(client: pg.Client, select: string, dataset: string): DatasetReader {
  let lines = 0;
  let ended = false;
  const stream = client.query(copyTo(copyCommand(select)));
  return {
    rows: () => (ended ? stream.rowCount : lines),
    async *[Symbol.asyncIterator]() {
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          lines += countLines(chunk);
          yield chunk;
        }
        // The server's own count comes with the end of the command, a message after the data.
        await commandEnded(client);
        ended = true;
      } catch (error) {
        throw sourceError(error, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
      }
    },
  };
}

/** Waits for the command before it: queries of one connection are answered in order. */
async function commandEnded(client: pg.Client): Promise<void> {
  await client.query('select 1');
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = 0; at < chunk.length; at++) if (chunk[at] === LINE_END) count++;
  return count;
}
