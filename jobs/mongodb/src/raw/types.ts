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

/** Whether bytes are a UUID, which is written as one. */
export function isUuid(subtype: number, length: number): boolean {
  return subtype === UUID_SUBTYPE && length === 16;
}
