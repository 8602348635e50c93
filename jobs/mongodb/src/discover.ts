import type { Buffer } from 'node:buffer';
import { NO_UTF8, type SourceColumn } from '@esclusa/kit';
import type { Cells, Picker } from './cells.ts';
import { endOf, sizeOf } from './direct/elements.ts';
import { Names } from './direct/names.ts';
import type { Level, Place } from './direct/tree.ts';
import { valueType } from './observed.ts';
import { type Element, type RawDocument, TYPE, bufferOf, openDocument } from './raw/document.ts';
import { DOUBLED } from './raw/json.ts';
import { ObservedTypes, isPlain } from './raw/types.ts';

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
  readonly observed: ObservedTypes;
  /** The names of its documents, as they came. */
  readonly names: Names<Field>;
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
  readonly #root = fieldAt([]);

  constructor(flatten = false) {
    this.#flatten = flatten;
  }

  /** Takes a document's bytes. */
  take(document: Uint8Array, offset = 0): void {
    const bytes = bufferOf(document);
    if (!this.#walk(bytes, offset, this.#root)) this.#discover(openDocument(bytes, offset), this.#root);
  }

  /** What was found, each field before those within it. A collection without a document has the one field that every document has. */
  columns(): DiscoveredColumn[] {
    const { fields } = this.#root;
    if (fields.size === 0) fieldOf(this.#root, '_id').observed.saw(TYPE.objectId);
    return columnsOf(this.#root);
  }

  /** Takes documents apart into these columns of it from now on. */
  pickerOf(columns: readonly DiscoveredColumn[]): Picker {
    columns.forEach(({ path }, index) => {
      const field = path.reduce<Field | undefined>((found, name) => found?.fields.get(name), this.#root);
      if (field !== undefined) field.column = index;
    });
    return { pick: (document, cells) => this.#pick(document, this.#root, cells), level: this.#levelOf(this.#root), paths: [] };
  }

  #levelOf(within: Field): Level {
    return {
      names: new Names((name) => {
        const field = within.fields.get(name);
        return field === undefined ? { odd: true } : { target: this.#placeOf(field) };
      }),
      within: [],
      depth: 0,
    };
  }

  #placeOf(field: Field): Place {
    return {
      columns: field.column === undefined ? [] : [field.column],
      below: this.#flatten ? this.#levelOf(field) : undefined,
      flattened: this.#flatten,
      valueless: !field.observed.any,
    };
  }

  /** The fast way over a document, from which the other makes no difference; false where it is no BSON that this way knows. */
  #walk(bytes: Buffer, offset: number, within: Field): boolean {
    const end = endOf(bytes, offset);
    const { names } = within;
    let step = names.first;
    let at = offset + 4;
    while (at < end) {
      const type = bytes[at++] as number;
      if (type === 0) return at === end;
      step = names.next(step, bytes, at);
      at += step.bytes.length;
      const size = sizeOf(type, bytes, at);
      if (size < 0 || at + size >= end) return false;
      const field = step.target as Field;
      if (this.#flatten && type === TYPE.object && size > EMPTY) {
        if (!this.#walk(bytes, at, field)) return false;
      } else if (isPlain(type)) field.observed.saw(type);
      else field.observed.see(bytes, [type, 0, 0, at, size]);
      at += size;
    }
    return false;
  }

  #discover({ bytes, elements, shape }: RawDocument, within: Field): void {
    elements.forEach((element, index) => {
      const name = shape.names[index] ?? '';
      const field = fieldOf(within, name);
      if (this.#isFlattened(bytes, element)) this.#discover(openDocument(bytes, element[3]), field);
      else field.observed.see(bytes, element);
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
      } else if (field === undefined || !field.observed.any) {
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

function fieldAt(path: readonly string[]): Field {
  const field: Field = { path, fields: new Map(), observed: new ObservedTypes(), names: new Names((name) => ({ target: fieldOf(field, name) })) };
  return field;
}

function fieldOf(within: Field, name: string): Field {
  let field = within.fields.get(name);
  if (field === undefined) within.fields.set(name, (field = fieldAt([...within.path, name])));
  return field;
}

function columnsOf(field: Field): DiscoveredColumn[] {
  const types = field.observed.names();
  const own = { name: field.path.join('.'), path: field.path, sourceType: types.join('|'), values: valueType(types) };
  return [...(types.length === 0 ? [] : [own]), ...[...field.fields.values()].flatMap(columnsOf)];
}
