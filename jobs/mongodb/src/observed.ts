import type { Buffer } from 'node:buffer';
import type { SourceColumn, ValueType } from '@esclusa/kit';
import { type Found, isList } from './paths.ts';
import { isSpecialDate } from './raw/dates.ts';
import { TYPE } from './raw/document.ts';
import { decimalText } from './raw/scalars.ts';
import { ObservedTypes } from './raw/types.ts';

const NOT_FINITE = /^-?[IN]/;

/** What was seen in one column: a collection has no schema, so that its columns' types are those of the values that it holds. */
export class ObservedColumn {
  readonly #types = new ObservedTypes();
  missing = 0;
  #special = 0;
  /** NaN and infinities of doubles, for which a float has room and a decimal has none. */
  #notFinite = 0;
  /** Of these the NaN. */
  #nan = 0;

  /** Takes note of a value in these bytes, or of there being none. */
  see(bytes: Buffer, found: Found | undefined): void {
    if (found === undefined) {
      this.missing++;
      return;
    }
    if (isList(found)) {
      this.#types.saw(TYPE.array);
      return;
    }
    this.#types.see(bytes, found);
    const [type, , , offset] = found;
    if (type === TYPE.double) {
      const number = bytes.readDoubleLE(offset);
      this.#notFinite += Number.isFinite(number) ? 0 : 1;
      this.#nan += Number.isNaN(number) ? 1 : 0;
    } else if (type === TYPE.date ? isSpecialDate(bytes, offset) : type === TYPE.decimal && NOT_FINITE.test(decimalText(bytes, offset))) this.#special++;
  }

  /** Takes note of a value of a plain type that is not special. */
  saw(type: number): void {
    this.#types.saw(type);
  }

  /** Whether any document has it. */
  get seen(): boolean {
    return this.#types.any;
  }

  /** The column with the types that its values have. */
  column(name: string): SourceColumn & { readonly missing: number; readonly special: number } {
    const types = this.#types.names();
    const values = valueType(types);
    const special = this.#special + (values.kind === 'decimal' ? this.#notFinite : values.kind === 'float' ? this.#nan : 0);
    return { name, sourceType: types.join('|') || 'missing', values, missing: this.missing, special };
  }
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
  if (held.length > 0 && held.every((type) => type.startsWith('binData'))) return { kind: 'binary', encoding: 'base64' };
  if (only('object')) return { kind: 'json', only: 'object' };
  if (only('array')) return { kind: 'json', only: 'array' };
  if (only('object', 'array')) return { kind: 'json' };
  return { kind: 'text' };
}
