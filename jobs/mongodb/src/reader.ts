import { CsvWriter, type DatasetReader, type Losses } from '@esclusa/kit';
import type { AbstractCursor, Document } from 'mongodb';
import { Cells, type Pick } from './cells.ts';
import { ObservedColumn } from './observed.ts';
import { isList, parsePath, valueAt } from './paths.ts';
import { cellText, writeCell } from './raw/cell.ts';
import { type RawDocument, bufferOf, openDocument } from './raw/document.ts';

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
  /** Opens a cursor that gives documents as their bytes. */
  open(): AbstractCursor<Document>;
  /** The columns' names. */
  readonly columns: readonly string[];
  readonly pick: Pick;
  readonly losses: Losses;
  failure(error: unknown): Error;
  onEnd(report: ReadingReport): void;
}

const ID = parsePath('_id');
const ignore = (): void => undefined;

/** Reads a cursor's documents as CSV. The next batch is asked for when the last one is written, which holds the server back. */
export function readDocuments(reading: Reading): DatasetReader {
  const { columns } = reading;
  const observed = columns.map(() => new ObservedColumn());
  let rows = 0;
  return {
    rows: () => rows,
    columns: () => columns.map((name, index) => (observed[index] ?? new ObservedColumn()).column(name)),
    async *[Symbol.asyncIterator]() {
      const writer = new CsvWriter();
      const cells = new Cells(columns.length);
      let cursor: AbstractCursor<Document> | undefined;
      try {
        cursor = reading.open();
        for await (const raw of cursor) {
          const document = openDocument(bufferOf(raw as unknown as Uint8Array));
          rows++;
          cells.clear();
          reading.pick(document, cells);
          writeDocument(writer, document, cells, reading, observed, rows);
          if (!writer.full) continue;
          const chunk = writer.take();
          yield chunk;
          writer.give(chunk);
        }
      } catch (error) {
        throw reading.failure(error);
      } finally {
        await cursor?.close().catch(() => undefined);
      }
      if (writer.length > 0) yield writer.take();
      reading.onEnd({ rows, unexpected: [...cells.unexpected], absent: columns.flatMap((name, index) => (observed[index]?.seen === true ? [] : [name])) });
    },
  };
}

function writeDocument(
  writer: CsvWriter,
  document: RawDocument,
  { found, lost }: Cells,
  { columns, losses }: Reading,
  observed: readonly ObservedColumn[],
  row: number,
): void {
  const { bytes } = document;
  columns.forEach((name, index) => {
    const value = found[index];
    observed[index]?.see(bytes, value);
    writeCell(writer, bytes, value, (why) => void (lost[index] ??= why));
    const why = lost[index];
    if (why !== undefined) losses.lost(name, why, () => ({ row, ...keyOf(document) }));
  });
  writer.endRecord();
}

/** What tells a document from others, for people. */
function keyOf(document: RawDocument): { key?: Record<string, string | null> } {
  const id = valueAt(document, ID, ignore);
  return id === undefined || isList(id) ? {} : { key: { _id: cellText(document.bytes, id, ignore) } };
}
