import { Buffer } from 'node:buffer';
import { BSON } from 'mongodb';
import { type Shape, shapeOf } from './shapes.ts';

/** Where an element of a document lies in its bytes, as the library finds it. */
export type Element = BSON.OnDemand['BSONElement'];

/** A document, or an array, as its bytes and where its elements lie in them. */
export interface RawDocument {
  readonly bytes: Buffer;
  readonly elements: readonly Element[];
  readonly shape: Shape;
}

/** Types of BSON by their numbers (https://bsonspec.org/spec.html). */
export const TYPE = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  maxKey: 127,
  minKey: 255,
} as const;

/** The elements of the document or array that begins at an offset. Throws the library's error where the bytes are no BSON. */
export function elementsOf(bytes: Buffer, offset = 0): readonly Element[] {
  const elements = BSON.onDemand.parseToElements(bytes, offset);
  return Array.isArray(elements) ? (elements as Element[]) : [...elements];
}

/** The document that begins at an offset. */
export function openDocument(bytes: Buffer, offset = 0): RawDocument {
  const elements = elementsOf(bytes, offset);
  return { bytes, elements, shape: shapeOf(bytes, elements) };
}

/** A view of the bytes that a cursor gave. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
