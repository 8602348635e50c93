import type { Buffer } from 'node:buffer';
import { type Element, TYPE } from './document.ts';
import { binaryRange } from './scalars.ts';

const UUID_SUBTYPE = 4;
const NAMES = new Map(Object.entries(TYPE).map(([name, number]) => [number as number, name]));
/** Binaries by their subtype, which is in no field of a file. */
const BINARIES = Array.from({ length: 256 }, (_, subtype) => (subtype === 0 ? 'binData' : `binData(${subtype})`));

/** Name of a value's type, as MongoDB's `$type` has it; a UUID by its own, and other binaries with their subtype. */
export function typeName(bytes: Buffer, [type, , , offset]: Element): string {
  if (type !== TYPE.binData) return NAMES.get(type) ?? `type ${type}`;
  const { start, end, subtype } = binaryRange(bytes, offset);
  return isUuid(subtype, end - start) ? 'uuid' : (BINARIES[subtype] ?? '');
}

/** Whether a type has one name for all its values, and a number that {@link ObservedTypes} has a bit for. */
export function isPlain(type: number): boolean {
  return type < 32 && type !== TYPE.binData;
}

/** The types of values. */
export class ObservedTypes {
  /** A bit for the number of each plain one. */
  #bits = 0;
  readonly #others = new Set<string>();

  /** Takes note of a plain type. */
  saw(type: number): void {
    this.#bits |= 1 << type;
  }

  see(bytes: Buffer, element: Element): void {
    if (isPlain(element[0])) this.saw(element[0]);
    else this.#others.add(typeName(bytes, element));
  }

  /** Whether there was any value. */
  get any(): boolean {
    return this.#bits !== 0 || this.#others.size > 0;
  }

  /** Their names in order. */
  names(): string[] {
    const plain = [...NAMES].filter(([number]) => isPlain(number) && (this.#bits & (1 << number)) !== 0);
    return [...this.#others, ...plain.map(([, name]) => name)].toSorted();
  }
}

/** Whether bytes are a UUID, which is written as one. */
export function isUuid(subtype: number, length: number): boolean {
  return subtype === UUID_SUBTYPE && length === 16;
}
