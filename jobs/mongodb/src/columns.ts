import { type ChosenColumns, type SourceColumn, chooseColumns } from '@esclusa/kit';
import type { AbstractCursor, Document } from 'mongodb';
import type { Dataset } from './dataset.ts';
import { Discovery } from './discover.ts';
import { type Path, parsePath } from './paths.ts';

/** The columns of a dataset, and where each stands in a document. */
export interface PlannedColumns extends ChosenColumns<SourceColumn> {
  readonly paths: readonly Path[];
  /** The fields that documents may have, if columns are all of a document's fields. */
  readonly known?: ReadonlySet<string>;
}

/** The columns that a pipeline names. */
export function namedColumns(dataset: string, wanted: NonNullable<Dataset['columns']>): PlannedColumns {
  const named = wanted.map((column) => (typeof column === 'string' ? { name: column, path: column } : column));
  // What they are shows only when they are read.
  const all: SourceColumn[] = named.map(({ name }) => ({ name, sourceType: 'bson', values: { kind: 'text' } }));
  // Refuses a name that comes twice.
  return { ...chooseColumns(dataset, all, { columns: all.map(({ name }) => name) }), paths: named.map(({ path }) => parsePath(path)) };
}

/** The columns that documents have, which a cursor gives as their bytes. */
export async function discoveredColumns(dataset: string, { exclude, mask }: Dataset, documents: AbstractCursor<Document>): Promise<PlannedColumns> {
  const discovery = new Discovery();
  for await (const document of documents) discovery.take(document as unknown as Uint8Array);
  const found = discovery.columns;
  const chosen = chooseColumns(dataset, found, { exclude, mask });
  // A field's own name, whatever dots it holds.
  const paths = chosen.columns.map(({ name }) => ({ segments: [name], rests: [name] }));
  return { ...chosen, paths, known: new Set(found.map(({ name }) => name)) };
}
