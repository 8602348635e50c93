import type { DatasetReader, Losses } from '@esclusa/kit';
import type { Picker } from './cells.ts';
import { type Batch, Rows } from './rows.ts';

/** Told once a dataset has been read to its end. */
export interface ReadingReport {
  /** Columns that no document had. */
  readonly absent: readonly string[];
  /** Fields that documents had and no column holds; empty where columns were named. */
  readonly unexpected: readonly string[];
  readonly rows: number;
}

/** What a reading of documents needs. */
export interface Reading {
  /** Asks for the documents. */
  open(): AsyncIterable<Batch>;
  /** The columns' names. */
  readonly columns: readonly string[];
  readonly picker: Picker;
  readonly losses: Losses;
  failure(error: unknown): Error;
  onEnd(report: ReadingReport): void;
}

/** Reads documents as CSV. */
export function readDocuments(reading: Reading): DatasetReader {
  const { columns, picker, losses } = reading;
  const rows = new Rows(columns, picker, losses);
  const { writer, observed, cells } = rows;
  return {
    rows: () => rows.count,
    columns: () => observed.map((column, index) => column.column(columns[index] ?? '')),
    async *[Symbol.asyncIterator]() {
      try {
        for await (const batch of reading.open()) {
          for (let next = 0; next < batch.offsets.length;) {
            next = rows.write(batch, next);
            if (!writer.full) continue;
            const chunk = writer.take();
            yield chunk;
            writer.give(chunk);
          }
        }
      } catch (error) {
        throw reading.failure(error);
      }
      if (writer.length > 0) yield writer.take();
      reading.onEnd({ rows: rows.count, unexpected: [...cells.unexpected], absent: columns.filter((_, index) => observed[index]?.seen !== true) });
    },
  };
}
