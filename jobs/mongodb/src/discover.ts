import type { SourceColumn } from '@esclusa/kit';
import { BSON } from 'mongodb';
import { valueType } from './observed.ts';

const TYPE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(Object.entries(BSON.BSONType).map(([name, number]) => [number, name]));
// The types' numbers are bytes; this one is written as a negative number.
const MIN_KEY = 255;

/** The columns that documents have at their top level: the union over all of them, in the order in which they first appear. */
export class Discovery {
  readonly #types = new Map<string, Set<string>>();

  /** Takes a document's bytes; only its top level is looked at. */
  take(document: Uint8Array): void {
    for (const [type, nameOffset, nameLength] of BSON.onDemand.parseToElements(document)) {
      const name = Buffer.from(document.buffer, document.byteOffset + nameOffset, nameLength).toString('utf8');
      let types = this.#types.get(name);
      if (types === undefined) this.#types.set(name, (types = new Set()));
      types.add(type === MIN_KEY ? 'minKey' : (TYPE_NAMES[type] ?? `type ${type}`));
    }
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
