import { CsvWriter, type DatasetReader, type Losses, NO_UTF8 } from '@esclusa/kit';
import { type AbstractCursor, BSON, type Document } from 'mongodb';
import { holdsInvalidText } from './invalid-text.ts';
import { ObservedColumn } from './observed.ts';
import { MISSING, type Path, valueAt } from './paths.ts';
import { READ_OPTIONS, cellText } from './values.ts';

/** Told once a dataset has been read to its end. */
export interface ReadingReport {
  /** Columns that no document had. */
  readonly absent: readonly string[];
  /** Fields that documents had and no column holds; empty where columns were named. */
  readonly unexpected: readonly string[];
  readonly rows: number;
}

/** A column to read. */
export interface ReadColumn {
  readonly name: string;
  readonly path: Path;
}

/** What a reading of documents needs. */
export interface Reading {
  /** Opens a cursor that gives documents as their bytes. */
  open(): AbstractCursor<Document>;
  readonly columns: readonly ReadColumn[];
  /** The fields that documents may have, if columns are all of a document's fields. */
  readonly known: ReadonlySet<string> | undefined;
  readonly losses: Losses;
  failure(error: unknown): Error;
  onEnd(report: ReadingReport): void;
}

const REPLACEMENT = '\u{fffd}';

/** Reads a cursor's documents as CSV. The next batch is asked for when the last one is written, which holds the server back. */
export function readDocuments(reading: Reading): DatasetReader {
  const { columns, known } = reading;
  const observed = columns.map(() => new ObservedColumn());
  let rows = 0;
  return {
    rows: () => rows,
    columns: () => columns.map(({ name }, index) => (observed[index] ?? new ObservedColumn()).column(name)),
    async *[Symbol.asyncIterator]() {
      const writer = new CsvWriter();
      const unexpected = new Set<string>();
      let cursor: AbstractCursor<Document> | undefined;
      try {
        cursor = reading.open();
        for await (const raw of cursor) {
          const bytes = raw as unknown as Uint8Array;
          const document = BSON.deserialize(bytes, READ_OPTIONS);
          rows++;
          writeDocument(writer, document, reading, observed, { bytes, row: rows });
          if (known !== undefined) for (const name in document) if (!known.has(name)) unexpected.add(name);
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
      reading.onEnd({ rows, unexpected: [...unexpected], absent: columns.flatMap(({ name }, index) => (observed[index]?.seen === true ? [] : [name])) });
    },
  };
}

function writeDocument(
  writer: CsvWriter,
  document: Document,
  { columns, losses }: Reading,
  observed: readonly ObservedColumn[],
  { bytes, row }: { readonly bytes: Uint8Array; readonly row: number },
): void {
  columns.forEach(({ name, path }, index) => {
    const value = valueAt(document, path);
    observed[index]?.see(value);
    const text = value === MISSING ? null : cellText(value);
    if (text === null) writer.null();
    else {
      if (text.includes(REPLACEMENT) && holdsInvalidText(bytes, path)) {
        const id: unknown = document['_id'];
        const key = id === undefined ? {} : { key: { _id: cellText(id) } };
        losses.lost(name, NO_UTF8, () => ({ row, ...key }));
      }
      writer.text(text);
    }
  });
  writer.endRecord();
}
