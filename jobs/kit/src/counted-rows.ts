import { Buffer } from 'node:buffer';
import { JobError } from '@esclusa/contract';
import { CsvCounter, checkUtf8 } from './csv/counter.ts';
import type { PlannedDataset, ReadColumn } from './job.ts';
import { type LossyRow, type Losses, NO_UTF8 } from './losses.ts';

/** The rows of a dataset as a plain CSV on their way into files: made UTF-8 where they are not, counted as they pass, and held against what the source says that it gave. */
export class CountedRows {
  readonly names: readonly string[];
  readonly counter: CsvCounter;
  readonly #dataset: string;
  readonly #plan: PlannedDataset;
  readonly #losses: Losses;
  // The bytes that are looked at; the counter is still before them.
  #current: Uint8Array = Buffer.alloc(0);

  constructor(dataset: string, plan: PlannedDataset, losses: Losses) {
    this.names = plan.columns.map(({ name }) => name);
    this.counter = new CsvCounter(plan.columns.map(({ values }) => values));
    this.#dataset = dataset;
    this.#plan = plan;
    this.#losses = losses;
  }

  /**
   * Reads the dataset to its end. `put` is given the bytes, and writes as much as it wants from an offset of them on: it says where that ends, and is asked again
   * until all are written. Gives the number of rows and the columns as the source knows them then. Rejects when the rows are not as many as the source says.
   */
  async read(put: (chunk: Uint8Array, at: number) => Promise<number>): Promise<{ readonly rows: number; readonly columns: readonly ReadColumn[] }> {
    const reader = this.#plan.read(this.#losses);
    let broken = { column: -1, record: -1 };
    const pass = async (chunk: Uint8Array, valid: boolean): Promise<void> => {
      this.#current = chunk;
      const good = valid
        ? chunk
        : mended(this.counter, chunk, (column, record) => {
            // A value that two chunks share is one.
            if (broken.column !== column || broken.record !== record) this.lost(NO_UTF8, column, record);
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
    if (this.counter.records !== rows) {
      throw new JobError(
        'INTERNAL',
        `dataset "${this.#dataset}": the file has ${this.counter.records} records and the source says that it gave ${rows} rows; nothing is published`,
      );
    }
    return { rows, columns: reader.columns?.() ?? this.#plan.columns };
  }

  /** Counts a stretch: what `convert` makes of it before that, and complains of, is of the rows in it. */
  take<Made>(stretch: Uint8Array, convert: (stretch: Uint8Array) => Made): Made {
    this.#current = stretch;
    const made = convert(stretch);
    this.counter.take(stretch);
    return made;
  }

  /** A value of the stretch that is taken is not wholly in the file. */
  lost(why: string, column: number, record: number): void {
    this.#losses.lost(this.names[column] ?? '', why, () => lossyRow(this.counter, this.#current, record, this.names, this.#plan.key));
  }

  /** Values of a column that lost something. */
  lossy(column: number): number {
    return this.#losses.count(this.names[column] ?? '');
  }
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
