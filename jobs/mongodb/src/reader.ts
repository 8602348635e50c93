import { CsvWriter, type DatasetReader, type Losses } from '@esclusa/kit';
import type { AbstractCursor, Document } from 'mongodb';
import { ObservedColumn } from './observed.ts';
import { type Path, isList, parsePath, valueAt } from './paths.ts';
import { cellText, writeCell } from './raw/cell.ts';
import { type RawDocument, bufferOf, openDocument } from './raw/document.ts';
import type { Shape } from './raw/shapes.ts';

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

const ID = parsePath('_id');
const ignore = (): void => undefined;

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
      const looked = new WeakSet<Shape>();
      let cursor: AbstractCursor<Document> | undefined;
      try {
        cursor = reading.open();
        for await (const raw of cursor) {
          const document = openDocument(bufferOf(raw as unknown as Uint8Array));
          rows++;
          writeDocument(writer, document, reading, observed, rows);
          if (known !== undefined && !looked.has(document.shape)) {
            looked.add(document.shape);
            for (const name of document.shape.names) if (!known.has(name)) unexpected.add(name);
          }
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

function writeDocument(writer: CsvWriter, document: RawDocument, { columns, losses }: Reading, observed: readonly ObservedColumn[], row: number): void {
  const { bytes } = document;
  // A value that lost something in two ways is one that did.
  let lost: string | undefined;
  const note = (why: string): void => void (lost ??= why);
  columns.forEach(({ name, path }, index) => {
    lost = undefined;
    const found = valueAt(document, path, note);
    observed[index]?.see(bytes, found);
    writeCell(writer, bytes, found, note);
    if (lost !== undefined) losses.lost(name, lost, () => ({ row, ...keyOf(document) }));
  });
  writer.endRecord();
}

/** What tells a document from others, for people. */
function keyOf(document: RawDocument): { key?: Record<string, string | null> } {
  const id = valueAt(document, ID, ignore);
  return id === undefined || isList(id) ? {} : { key: { _id: cellText(document.bytes, id, ignore) } };
}
