import type { Path } from '../paths.ts';
import { Names } from './names.ts';

/** What a name of a document leads to. */
export interface Place {
  /** The columns that the value itself is of. */
  readonly columns: readonly number[];
  /** Where the names within the value lead. */
  readonly below?: Level | undefined;
  /** Whether a document that has fields is no value but its fields. */
  readonly flattened: boolean;
  /** Whether no value but such a document was met here. */
  readonly valueless: boolean;
}

/** The names of one level of documents, and the columns that they lead to. */
export interface Level {
  readonly names: Names<Place>;
  /** Columns of this level and those below it. */
  readonly within: readonly number[];
  /** How many segments of their paths lead here. */
  readonly depth: number;
}

/** Where the columns at these paths stand. */
export function levelOf(paths: readonly Path[]): Level {
  return level(
    paths.map((path, column) => ({ path, column })),
    0,
  );
}

interface Numbered {
  readonly path: Path;
  readonly column: number;
}

function level(here: readonly Numbered[], depth: number): Level {
  const bySegment = new Map<string, Numbered[]>();
  const dotted = new Set<string>();
  for (const numbered of here) {
    const { segments, rests } = numbered.path;
    const segment = segments[depth] ?? '';
    bySegment.set(segment, [...(bySegment.get(segment) ?? []), numbered]);
    if (rests[depth] !== segment) dotted.add(rests[depth] ?? '');
  }
  const places = new Map<string, Place>();
  for (const [segment, found] of bySegment) {
    const longer = found.filter(({ path }) => path.segments.length > depth + 1);
    places.set(segment, {
      columns: found.filter((numbered) => !longer.includes(numbered)).map(({ column }) => column),
      below: longer.length === 0 ? undefined : level(longer, depth + 1),
      flattened: false,
      valueless: false,
    });
  }
  return {
    // A field whose own name holds the dots of a path goes before the path's way.
    names: new Names((name) => ({ target: places.get(name), odd: dotted.has(name) })),
    within: here.map(({ column }) => column),
    depth,
  };
}
