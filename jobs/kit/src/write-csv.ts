import { Buffer } from 'node:buffer';
import { JobError } from '@esclusa/contract';
import { CsvCounter, checkUtf8 } from './csv/counter.ts';
import { CsvRewriter } from './csv/rewriter.ts';
import { BYTE_ORDER_MARK, type Dialect, LINE_END, PLAIN, csvRecord } from './csv/rules.ts';
import type { PlannedDataset, ReadColumn } from './job.ts';
import { type LossyRow, type Losses, NO_UTF8 } from './losses.ts';
import type { WrittenColumn } from './manifest/field.ts';
import { isPlain } from './options/csv-options.ts';

/** Why a text is not in the file as it was: a spreadsheet would compute it. */
const GUARDED = 'begins like a formula and has an apostrophe before it in the file';

/** How many times its length a stretch may be in another dialect: NULLs, a byte each with their commas, have the longest token. */
const MOST_GROWTH = 40;

/** Where a CSV goes: one file, or several one after the other. */
export interface CsvOutput {
  /** Bytes until the file is as long as it is to be; zero or less: it ends with its next record. `Infinity` for a file that takes all. */
  readonly room: number;
  /** Takes bytes; `rows` of the dataset have ended with them. */
  write(chunk: Uint8Array, rows: number): Promise<void>;
  /** Ends the file and begins another one; `rows` of the dataset are in it and those before it. */
  next(rows: number): Promise<void>;
}

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
export async function writeCsv(dataset: string, plan: PlannedDataset, losses: Losses, output: CsvOutput, dialect: Dialect = PLAIN): Promise<WrittenCsv> {
  const reader = plan.read(losses);
  const names = plan.columns.map(({ name }) => name);
  const types = plan.columns.map(({ values }) => values);
  const counter = new CsvCounter(types);
  // The bytes that are looked at; the counter is still before them.
  let current: Uint8Array = Buffer.alloc(0);
  const lost = (why: string, column: number, record: number): void =>
    losses.lost(names[column] ?? '', why, () => lossyRow(counter, current, record, names, plan.key));
  let broken = { column: -1, record: -1 };
  const rewriter = isPlain(dialect) ? undefined : new CsvRewriter(types, dialect, (column, record) => lost(GUARDED, column, record));
  const header = Buffer.from(`${dialect.bom ? BYTE_ORDER_MARK : ''}${csvRecord(names, dialect)}`);
  await output.write(header, 0);
  let rowsBefore = 0;
  let betweenRecords = true;
  // Of another dialect nobody knows how long a stretch will be: so it is taken in smaller ones towards the file's end, and record by record at last.
  const [growth, least] = rewriter === undefined ? [1, 0] : [MOST_GROWTH, MOST_GROWTH * 100];

  /** Writes as much of a chunk from `at` on as goes into the file; gives where that ends. */
  const put = async (chunk: Uint8Array, at: number): Promise<number> => {
    const { room } = output;
    if (room <= 0 && betweenRecords && counter.records > rowsBefore) {
      rowsBefore = counter.records;
      await output.next(rowsBefore);
      await output.write(header, rowsBefore);
      return at;
    }
    const end = room <= least ? recordEnd(counter, chunk, at) : letterEnd(chunk, at + Math.ceil(room / growth));
    current = chunk.subarray(at, end);
    const written = rewriter?.take(current) ?? current;
    counter.take(current);
    betweenRecords = chunk[end - 1] === LINE_END && !counter.isQuoted;
    await output.write(written, counter.records);
    return end;
  };
  const pass = async (chunk: Uint8Array, valid: boolean): Promise<void> => {
    current = chunk;
    const good = valid
      ? chunk
      : mended(counter, chunk, (column, record) => {
          // A value that two chunks share is one.
          if (broken.column !== column || broken.record !== record) lost(NO_UTF8, column, record);
          broken = { column, record };
        });
    for (let at = 0; at < good.length;) at = await put(good, at);
  };
  // The beginning of a letter that the next chunk ends.
  let held: Buffer = Buffer.alloc(0);
  for await (const next of reader) {
    const chunk = held.length === 0 ? next : Buffer.concat([held, next]);
    const { valid, cut } = checkUtf8(chunk);
    held = cut === 0 ? Buffer.alloc(0) : Buffer.from(chunk.subarray(chunk.length - cut));
    await pass(cut === 0 ? chunk : chunk.subarray(0, chunk.length - cut), valid);
  }
  if (held.length > 0) await pass(held, false);

  const rows = reader.rows();
  if (counter.records !== rows) {
    throw new JobError(
      'INTERNAL',
      `dataset "${dataset}": the file has ${counter.records} records and the source says that it gave ${rows} rows; nothing is published`,
    );
  }
  const read: readonly ReadColumn[] = reader.columns?.() ?? plan.columns;
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
        lossy: losses.count(column.name),
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

/** A chunk whose bytes that are no UTF-8 are replaced, field by field. */
function mended(counter: CsvCounter, chunk: Uint8Array, lost: (column: number, record: number) => void): Buffer {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: Uint8Array[] = [];
  for (const { column, record, start, end } of counter.stretches(chunk)) {
    const bytes = chunk.subarray(start, end);
    const good = checkUtf8(bytes);
    if (good.valid && good.cut === 0) pieces.push(bytes);
    else {
      lost(column, record);
      pieces.push(Buffer.from(decoder.decode(bytes)));
    }
    pieces.push(chunk.subarray(end, end + 1));
  }
  return Buffer.concat(pieces);
}

/** Number and key of a record; the key as far as it lies within the chunk. */
function lossyRow(counter: CsvCounter, chunk: Uint8Array, record: number, names: readonly string[], key: readonly string[] = []): LossyRow {
  const found: Record<string, string | null> = {};
  for (const { column, record: at, start, end } of counter.stretches(chunk)) {
    const name = names[column];
    if (at === record && name !== undefined && key.includes(name)) found[name] = unquoted(Buffer.from(chunk.subarray(start, end)).toString('utf8'));
  }
  return { row: record + 1, ...(Object.keys(found).length === key.length && key.length > 0 ? { key: found } : {}) };
}

function unquoted(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}
