import type { Buffer } from 'node:buffer';
import { NO_UTF8, type SourceColumn } from '@esclusa/kit';
import type { Cells } from './cells.ts';
import { valueType } from './observed.ts';
import { type Element, type RawDocument, TYPE, bufferOf, openDocument } from './raw/document.ts';
import { DOUBLED } from './raw/json.ts';
import { typeName } from './raw/types.ts';

/** A column that documents have. */
export interface DiscoveredColumn extends SourceColumn {
  /** The names that lead to it, whatever dots they hold. */
  readonly path: readonly string[];
}

/** A field of documents. */
interface Field {
  readonly path: readonly string[];
  /** Those within it, where documents are flattened. */
  readonly fields: Map<string, Field>;
  /** Types of its own values; none where it was always a document that is flattened. */
  readonly types: Set<string>;
  /** Its place among the columns that are read. */
  column?: number;
}

/** Bytes of a document without a field. */
const EMPTY = 5;

/**
 * The columns that documents have: the union over all of them, in the order in which they first appear. Flattened, a document that has fields is not a value
 * but the columns of its fields; one that has none, and whatever else the same field holds elsewhere, is in the field's own column.
 */
export class Discovery {
  readonly #flatten: boolean;
  readonly #root: Field = { path: [], fields: new Map(), types: new Set() };

  constructor(flatten = false) {
    this.#flatten = flatten;
  }

  /** Takes a document's bytes. */
  take(document: Uint8Array): void {
    this.#discover(openDocument(bufferOf(document)), this.#root);
  }

  /** What was found, each field before those within it. A collection without a document has the one field that every document has. */
  columns(): DiscoveredColumn[] {
    const { fields } = this.#root;
    if (fields.size === 0) fields.set('_id', { path: ['_id'], fields: new Map(), types: new Set(['objectId']) });
    return columnsOf(this.#root);
  }

  /** Takes documents apart into these columns of it from now on. */
  pickerOf(columns: readonly DiscoveredColumn[]): (document: RawDocument, cells: Cells) => void {
    columns.forEach(({ path }, index) => {
      const field = path.reduce<Field | undefined>((found, name) => found?.fields.get(name), this.#root);
      if (field !== undefined) field.column = index;
    });
    return (document, cells) => this.#pick(document, this.#root, cells);
  }

  #discover({ bytes, elements, shape }: RawDocument, within: Field): void {
    elements.forEach((element, index) => {
      const name = shape.names[index] ?? '';
      let field = within.fields.get(name);
      if (field === undefined) within.fields.set(name, (field = { path: [...within.path, name], fields: new Map(), types: new Set() }));
      if (this.#isFlattened(bytes, element)) this.#discover(openDocument(bytes, element[3]), field);
      else field.types.add(typeName(bytes, element));
    });
  }

  /** `lost` is why nothing in this document is whole, and `dropped` whether it is not read at all. */
  #pick({ bytes, elements, shape }: RawDocument, within: Field, cells: Cells, lost?: string, dropped = false): void {
    elements.forEach((element, index) => {
      const name = shape.names[index] ?? '';
      const field = within.fields.get(name);
      // Of a name that comes twice the last counts, and what the others have is lost.
      const doubled = shape.doubled.size > 0 && shape.positions.get(name) !== index;
      const why = lost ?? (doubled ? DOUBLED : shape.broken.has(name) ? NO_UTF8 : undefined);
      if (field !== undefined && this.#isFlattened(bytes, element)) {
        this.#pick(openDocument(bytes, element[3]), field, cells, why, dropped || doubled);
      } else if (field === undefined || field.types.size === 0) {
        cells.unexpected.add([...within.path, name].join('.'));
      } else if (field.column !== undefined) {
        if (!dropped && !doubled) cells.found[field.column] = element;
        if (why !== undefined) cells.lost[field.column] ??= why;
      }
    });
  }

  #isFlattened(bytes: Buffer, [type, , , offset]: Element): boolean {
    return this.#flatten && type === TYPE.object && bytes.readInt32LE(offset) > EMPTY;
  }
}

function columnsOf(field: Field): DiscoveredColumn[] {
  const types = [...field.types].toSorted();
  const own = { name: field.path.join('.'), path: field.path, sourceType: types.join('|'), values: valueType(types) };
  return [...(types.length === 0 ? [] : [own]), ...[...field.fields.values()].flatMap(columnsOf)];
}
