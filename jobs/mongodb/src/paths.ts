import type { Buffer } from 'node:buffer';
import { NO_UTF8 } from '@esclusa/kit';
import { type Element, type RawDocument, TYPE, elementsOf, openDocument } from './raw/document.ts';
import { DOUBLED } from './raw/json.ts';
import type { Note } from './raw/scalars.ts';

/** What stands at a path: one element, or what a path through an array found. */
export type Found = Element | List;

/** Of the same type as an array, at the same place. */
interface List {
  readonly 0: typeof TYPE.array;
  readonly items: readonly Found[];
}

export function isList(found: Found): found is List {
  return 'items' in found;
}

/** A dotted path, taken apart once. */
export interface Path {
  readonly segments: readonly string[];
  /** The rest of the path from each segment on, for fields whose own name holds dots. */
  readonly rests: readonly string[];
}

export function parsePath(path: string): Path {
  const segments = path.split('.');
  return { segments, rests: segments.map((_, index) => segments.slice(index).join('.')) };
}

/**
 * What stands at a path of a document, or undefined where there is nothing. As in MongoDB's own projections a path goes through an array to each
 * of its documents, and gives an array of what is found; a number picks one element.
 */
export function valueAt(document: RawDocument, path: Path, note: Note, index = 0): Found | undefined {
  const { bytes, elements, shape } = document;
  const segment = path.segments[index] ?? '';
  const rest = path.rests[index] ?? '';
  const whole = rest === segment ? undefined : shape.positions.get(rest);
  const name = whole === undefined ? segment : rest;
  const position = whole ?? shape.positions.get(segment);
  if (position === undefined) return undefined;
  if (shape.doubled.has(name)) note(DOUBLED);
  if (shape.broken.has(name)) note(NO_UTF8);
  const element = elements[position] as Element;
  return whole === undefined ? below(bytes, element, path, note, index + 1) : element;
}

/** What the rest of a path, from one of its segments on, leads to from a value. */
export function below(bytes: Buffer, element: Element, path: Path, note: Note, index: number): Found | undefined {
  const segment = path.segments[index];
  if (segment === undefined) return element;
  const [type, , , offset] = element;
  if (type === TYPE.object) return valueAt(openDocument(bytes, offset), path, note, index);
  if (type !== TYPE.array) return undefined;
  const items = elementsOf(bytes, offset);
  if (/^\d+$/.test(segment)) {
    const item = items[Number(segment)];
    return item === undefined ? undefined : below(bytes, item, path, note, index + 1);
  }
  return { 0: TYPE.array, items: items.map((item) => below(bytes, item, path, note, index)).filter((found) => found !== undefined) };
}

/**
 * The projection that has the server send no more than the paths need; undefined where it must send whole documents, since a
 * projection can't say what is meant.
 */
export function projectionFor(paths: readonly Path[]): Record<string, 0 | 1> | undefined {
  // A projection takes a number for a field's name, so that the array before it is sent whole.
  const wanted = paths.map(({ segments }) => {
    const number = segments.findIndex((segment, index) => index > 0 && /^\d+$/.test(segment));
    return number === -1 ? segments : segments.slice(0, number);
  });
  if (wanted.flat().some((segment) => segment === '' || segment.startsWith('$'))) return undefined;
  const names = new Set(wanted.map((segments) => segments.join('.')));
  const kept = [...names].filter((name) => {
    const segments = name.split('.');
    // "a" and "a.b" must not stand in one projection: the shorter has the longer in it.
    return !segments.some((_, index) => index > 0 && names.has(segments.slice(0, index).join('.')));
  });
  return { ...(names.has('_id') ? {} : { _id: 0 as const }), ...Object.fromEntries(kept.map((name) => [name, 1 as const])) };
}
