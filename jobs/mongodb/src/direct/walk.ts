import type { Buffer } from 'node:buffer';
import { TYPE } from '../raw/document.ts';
import { endOf, sizeOf } from './elements.ts';
import type { Level, Place } from './tree.ts';

/** Stands for the type of a column that a path through an array leads to. */
export const THROUGH_ARRAY = 256;
/** Bytes of a document without a field. */
const EMPTY = 5;

/** Where a document has the value of each column; one for all documents of a reading. */
export class Places {
  /** Types by their numbers; 0 where there is no value. */
  readonly types: Uint16Array;
  /** Where the values lie in the bytes. */
  readonly offsets: Uint32Array;
  /** Of a column behind an array: how many segments of its path lead to the array. */
  readonly depths: Uint16Array;

  constructor(columns: number) {
    this.types = new Uint16Array(columns);
    this.offsets = new Uint32Array(columns);
    this.depths = new Uint16Array(columns);
  }
}

/** Finds the values of a document that begins at an offset. False where it is not one for this way: rare, or no BSON at all. */
export function walk(bytes: Buffer, offset: number, level: Level, places: Places): boolean {
  const end = endOf(bytes, offset);
  const { names } = level;
  let step = names.first;
  let at = offset + 4;
  while (at < end) {
    const type = bytes[at++] as number;
    if (type === 0) return at === end;
    step = names.next(step, bytes, at);
    if (step.odd) return false;
    at += step.bytes.length;
    const size = sizeOf(type, bytes, at);
    if (size < 0 || at + size >= end) return false;
    const { target } = step;
    if (target !== undefined && !take(target, type, bytes, at, size, places)) return false;
    at += size;
  }
  return false;
}

function take({ columns, below, flattened, valueless }: Place, type: number, bytes: Buffer, at: number, size: number, places: Places): boolean {
  if (flattened) {
    if (below !== undefined && type === TYPE.object && size > EMPTY) return walk(bytes, at, below, places);
    if (valueless) return false;
  }
  for (let index = 0; index < columns.length; index++) put(places, columns[index] as number, type, at);
  if (below === undefined || flattened) return true;
  if (type === TYPE.object) return walk(bytes, at, below, places);
  if (type === TYPE.array) {
    for (const column of below.within) {
      put(places, column, THROUGH_ARRAY, at);
      places.depths[column] = below.depth;
    }
  }
  return true;
}

function put({ types, offsets }: Places, column: number, type: number, at: number): void {
  types[column] = type;
  offsets[column] = at;
}
