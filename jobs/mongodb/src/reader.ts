import { CsvWriter, type DatasetReader } from '@esclusa/kit';
import type { AbstractCursor, Document } from 'mongodb';
import { MISSING, type Path, valueAt } from './paths.ts';
import { cellText } from './values.ts';

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

/**
 * Reads a cursor's documents as CSV. The next batch is asked for when the last one is written, which holds the server back.
 * `known` are the fields that documents may have, if columns are all of a document's fields.
 */
export function readDocuments(
  open: () => AbstractCursor<Document>,
  columns: readonly ReadColumn[],
  known: ReadonlySet<string> | undefined,
  failure: (error: unknown) => Error,
  onEnd: (report: ReadingReport) => void,
): DatasetReader {
  let rows = 0;
  return {
    rows: () => rows,
    async *[Symbol.asyncIterator]() {
      const writer = new CsvWriter();
      const seen = columns.map(() => false);
      const unexpected = new Set<string>();
      let cursor: AbstractCursor<Document> | undefined;
      try {
        cursor = open();
        for await (const document of cursor) {
          writeDocument(writer, document, columns, seen);
          if (known !== undefined) for (const name in document) if (!known.has(name)) unexpected.add(name);
          rows++;
          if (!writer.full) continue;
          const chunk = writer.take();
          yield chunk;
          writer.give(chunk);
        }
      } catch (error) {
        throw failure(error);
      } finally {
        await cursor?.close().catch(() => undefined);
      }
      if (writer.length > 0) yield writer.take();
      onEnd({ rows, unexpected: [...unexpected], absent: columns.flatMap(({ name }, index) => (seen[index] === true ? [] : [name])) });
    },
  };
}

function writeDocument(writer: CsvWriter, document: Document, columns: readonly ReadColumn[], seen: boolean[]): void {
  columns.forEach(({ path }, index) => {
    const value = valueAt(document, path);
    if (value !== MISSING) seen[index] = true;
    const text = value === MISSING ? null : cellText(value);
    if (text === null) writer.null();
    else writer.text(text);
  });
  writer.endRecord();
}
