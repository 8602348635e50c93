/** What a path leads to where there is nothing. */
export const MISSING = Symbol('missing');

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
 * What stands at a path of a document, or {@link MISSING}. As in MongoDB's own projections a path goes through an array to each
 * of its documents, and gives an array of what is found; a number picks one element.
 */
export function valueAt(document: unknown, path: Path, from = 0): unknown {
  let value = document;
  for (let index = from; index < path.segments.length; index++) {
    const segment = path.segments[index] ?? '';
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      if (!/^\d+$/.test(segment)) return items.map((item) => valueAt(item, path, index)).filter((found) => found !== MISSING);
      const position = Number(segment);
      if (position >= items.length) return MISSING;
      value = items[position];
      continue;
    }
    if (!isDocument(value)) return MISSING;
    const rest = path.rests[index] ?? '';
    if (rest !== segment && Object.hasOwn(value, rest)) return value[rest];
    if (!Object.hasOwn(value, segment)) return MISSING;
    value = value[segment];
  }
  return value;
}

/** Whether a value is a document, and not one of BSON's own types. */
export function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !('_bsontype' in value);
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
