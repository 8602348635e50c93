import { Buffer } from 'node:buffer';
import { JobError } from '@esclusa/contract';
import { CsvCounter, checkUtf8 } from './csv/counter.ts';
import { CsvRewriter } from './csv/rewriter.ts';
import { BYTE_ORDER_MARK, type Dialect, PLAIN, csvRecord } from './csv/rules.ts';
import type { PlannedDataset, ReadColumn } from './job.ts';
import { type LossyRow, type Losses, NO_UTF8 } from './losses.ts';
import type { WrittenColumn } from './manifest/field.ts';
import { isPlain } from './options/csv-options.ts';

/** Why a text is not in the file as it was: a spreadsheet would compute it. */
const GUARDED = 'begins like a formula and has an apostrophe before it in the file';

/** What a CSV holds that was written. */
export interface WrittenCsv {
  readonly rows: number;
  readonly columns: readonly WrittenColumn[];
  readonly longestRecord: number;
}

/**
 * Reads a dataset to its end and hands its CSV on, header first, each time with the rows that have ended. What passes is counted, and made UTF-8 where it is not. Rejects when the
 * file's rows are not as many as the source says. What the source gives is handed on as it is unless the dialect is another one.
 */
export async function writeCsv(
  dataset: string,
  plan: PlannedDataset,
  losses: Losses,
  hand: (chunk: Uint8Array, rows: number) => Promise<void>,
  dialect: Dialect = PLAIN,
): Promise<WrittenCsv> {
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
  await hand(Buffer.from(`${dialect.bom ? BYTE_ORDER_MARK : ''}${csvRecord(names, dialect)}`), 0);

  const pass = async (chunk: Uint8Array, valid: boolean): Promise<void> => {
    current = chunk;
    const good = valid
      ? chunk
      : mended(counter, chunk, (column, record) => {
          // A value that two chunks share is one.
          if (broken.column !== column || broken.record !== record) lost(NO_UTF8, column, record);
          broken = { column, record };
        });
    current = good;
    const written = rewriter?.take(good) ?? good;
    counter.take(good);
    await hand(written, counter.records);
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
  return { rows, columns, longestRecord: (rewriter ?? counter).longestRecord };
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
