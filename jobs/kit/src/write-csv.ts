import { Buffer } from 'node:buffer';
import { CountedRows } from './counted-rows.ts';
import type { CsvCounter } from './csv/counter.ts';
import { CsvRewriter } from './csv/rewriter.ts';
import { BYTE_ORDER_MARK, type Dialect, LINE_END, PLAIN, csvRecord } from './csv/rules.ts';
import type { FileOutput } from './file-output.ts';
import type { PlannedDataset } from './job.ts';
import type { Losses } from './losses.ts';
import type { WrittenColumn } from './manifest/field.ts';
import { isPlain } from './options/csv-options.ts';

/** Why a text is not in the file as it was: a spreadsheet would compute it. */
const GUARDED = 'begins like a formula and has an apostrophe before it in the file';

/** How many times its length a stretch may be in another dialect: NULLs, a byte each with their commas, have the longest token. */
const MOST_GROWTH = 40;

/** What a CSV holds that was written. */
export interface WrittenCsv {
  readonly rows: number;
  readonly columns: readonly WrittenColumn[];
  readonly longestRecord: number;
  /** Of each file, its byte order mark among them. */
  readonly headerBytes: number;
}

/**
 * Reads a dataset to its end and writes its CSV, each file with its header. A file ends with the record with which it has no room left, and has at least one; another one begins only
 * when there is another record. What passes is counted, and made UTF-8 where it is not. Rejects when the
 * rows are not as many as the source says. What the source gives is written as it is unless the dialect is another one.
 */
export async function writeCsv(dataset: string, plan: PlannedDataset, losses: Losses, output: FileOutput, dialect: Dialect = PLAIN): Promise<WrittenCsv> {
  const passing = new CountedRows(dataset, plan, losses);
  const { counter } = passing;
  const types = plan.columns.map(({ values }) => values);
  const rewriter = isPlain(dialect) ? undefined : new CsvRewriter(types, dialect, (column, record) => passing.lost(GUARDED, column, record));
  const header = Buffer.from(`${dialect.bom ? BYTE_ORDER_MARK : ''}${csvRecord(passing.names, dialect)}`);
  await output.write(header, 0);
  let rowsBefore = 0;
  let betweenRecords = true;
  // Of another dialect nobody knows how long a stretch will be: so it is taken in smaller ones towards the file's end, and record by record at last.
  const [growth, least] = rewriter === undefined ? [1, 0] : [MOST_GROWTH, MOST_GROWTH * 100];

  const { rows, columns: read } = await passing.read(async (chunk, at) => {
    const { room } = output;
    if (room <= 0 && betweenRecords && counter.records > rowsBefore) {
      rowsBefore = counter.records;
      await output.next(rowsBefore);
      await output.write(header, rowsBefore);
      return at;
    }
    const end = room <= least ? recordEnd(counter, chunk, at) : letterEnd(chunk, at + Math.ceil(room / growth));
    const written = passing.take(chunk.subarray(at, end), (stretch) => rewriter?.take(stretch) ?? stretch);
    betweenRecords = chunk[end - 1] === LINE_END && !counter.isQuoted;
    await output.write(written, counter.records);
    return end;
  });
  const columns = read.map(({ special, missing, ...column }, index) => {
    const counted = counter.counts(index);
    const tokens = rewriter?.tokens(index);
    return {
      ...column,
      counts: {
        ...counted,
        special: special ?? counted.special,
        ...(missing === undefined ? {} : { missing }),
        ...(tokens === undefined ? {} : { tokens }),
        lossy: passing.lossy(index),
      },
    };
  });
  return { rows, columns, longestRecord: (rewriter ?? counter).longestRecord, headerBytes: header.length };
}

/** The end of the letter of UTF-8 that an offset cuts, or the chunk's end where the offset lies beyond it. */
function letterEnd(chunk: Uint8Array, offset: number): number {
  if (offset >= chunk.length) return chunk.length;
  let end = offset;
  while (((chunk[end] ?? 0) & 0xc0) === 0x80) end++;
  return end;
}

/** Where the record under way ends in a chunk, of which the counter has taken what comes before `at`; the chunk's end if it ends in none. */
function recordEnd(counter: CsvCounter, chunk: Uint8Array, at: number): number {
  for (const { record, start } of counter.stretches(chunk.subarray(at))) if (record > counter.records) return at + start;
  return chunk.length;
}
