import type { SourceColumn } from '@esclusa/kit';
import { valueType } from './observed.ts';
import { bufferOf, openDocument } from './raw/document.ts';
import { typeName } from './raw/types.ts';

/** The columns that documents have at their top level: the union over all of them, in the order in which they first appear. */
export class Discovery {
  readonly #types = new Map<string, Set<string>>();

  /** Takes a document's bytes; only its top level is looked at. */
  take(document: Uint8Array): void {
    const { bytes, elements, shape } = openDocument(bufferOf(document));
    elements.forEach((element, index) => {
      const name = shape.names[index] ?? '';
      let types = this.#types.get(name);
      if (types === undefined) this.#types.set(name, (types = new Set()));
      types.add(typeName(bytes, element));
    });
  }

  /** What was found. A collection without a document has the one field that every document has. */
  get columns(): SourceColumn[] {
    if (this.#types.size === 0) return [{ name: '_id', sourceType: 'objectId', values: { kind: 'text' } }];
    return [...this.#types].map(([name, found]) => {
      const types = [...found].toSorted();
      return { name, sourceType: types.join('|'), values: valueType(types) };
    });
  }
}
