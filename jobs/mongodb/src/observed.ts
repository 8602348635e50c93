import type { SourceColumn, ValueType } from '@esclusa/kit';
import type { Binary, Decimal128 } from 'mongodb';
import { MISSING, isDocument } from './paths.ts';
import { isUuid } from './values.ts';

const LAST_PLAIN_DATE = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const FIRST_PLAIN_DATE = Date.parse('0001-01-01T00:00:00Z');
const NOT_FINITE = /^-?[IN]/;

/** What was seen in one column: a collection has no schema, so that its columns' types are those of the values that it holds. */
export class ObservedColumn {
  readonly #types = new Set<string>();
  missing = 0;
  #special = 0;
  /** NaN and infinities of doubles, for which a float has room and a decimal has none. */
  #notFinite = 0;
  /** Of these the NaN. */
  #nan = 0;

  /** Takes note of a value, or of its being {@link MISSING}. */
  see(value: unknown): void {
    if (value === MISSING) {
      this.missing++;
      return;
    }
    const type = bsonType(value);
    this.#types.add(type);
    if (type === 'double') {
      const { value: number } = value as { value: number };
      this.#notFinite += Number.isFinite(number) ? 0 : 1;
      this.#nan += Number.isNaN(number) ? 1 : 0;
    } else if (type === 'date' ? isSpecialDate(value as Date) : type === 'decimal' && NOT_FINITE.test((value as Decimal128).toString())) this.#special++;
  }

  /** Whether any document has it. */
  get seen(): boolean {
    return this.#types.size > 0;
  }

  /** The column with the types that its values have. */
  column(name: string): SourceColumn & { readonly missing: number; readonly special: number } {
    const types = [...this.#types].toSorted();
    const values = valueType(types);
    const special = this.#special + (values.kind === 'decimal' ? this.#notFinite : values.kind === 'float' ? this.#nan : 0);
    return { name, sourceType: types.join('|') || 'missing', values, missing: this.missing, special };
  }
}

function isSpecialDate(date: Date): boolean {
  const time = date.getTime();
  return !(time >= FIRST_PLAIN_DATE && time <= LAST_PLAIN_DATE);
}

/** Name of a value's type, as MongoDB's `$type` has it; a UUID by its own. */
function bsonType(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      if (value instanceof Date) return 'date';
      if (isDocument(value)) return 'object';
      return typedName(value as { _bsontype: string });
    default:
      return 'undefined';
  }
}

const NAMES: Readonly<Record<string, string>> = {
  ObjectId: 'objectId',
  Int32: 'int',
  Long: 'long',
  Double: 'double',
  Decimal128: 'decimal',
  BSONRegExp: 'regex',
  Code: 'javascript',
  BSONSymbol: 'symbol',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  DBRef: 'object',
};

function typedName(value: { _bsontype: string }): string {
  if (value._bsontype === 'Binary') return isUuid(value as unknown as Binary) ? 'uuid' : 'binData';
  return NAMES[value._bsontype] ?? value._bsontype;
}

/** What values of these types are in the file; every rule on which column is of which type stands here (docs/types.md). */
export function valueType(types: readonly string[]): ValueType {
  const held = types.filter((type) => type !== 'null');
  const only = (...allowed: string[]): boolean => held.length > 0 && held.every((type) => allowed.includes(type));
  if (only('int')) return { kind: 'integer', bits: 32 };
  if (only('int', 'long')) return { kind: 'integer', bits: 64 };
  if (only('int', 'double')) return { kind: 'float', bits: 64 };
  // A double has no room for every long, and none for a Decimal128.
  if (only('int', 'long', 'double', 'decimal')) return { kind: 'decimal' };
  if (only('bool')) return { kind: 'boolean', trueValue: 'true', falseValue: 'false' };
  if (only('date')) return { kind: 'datetime', zone: true, iso: true };
  if (only('uuid')) return { kind: 'uuid' };
  if (only('binData')) return { kind: 'binary', encoding: 'base64' };
  if (only('object')) return { kind: 'json', only: 'object' };
  if (only('array')) return { kind: 'json', only: 'array' };
  if (only('object', 'array')) return { kind: 'json' };
  return { kind: 'text' };
}
