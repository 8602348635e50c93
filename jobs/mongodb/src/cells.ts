import { type Level, levelOf } from './direct/tree.ts';
import { type Found, type Path, valueAt } from './paths.ts';
import type { RawDocument } from './raw/document.ts';

/** What a document has for each column, before it is written; one for all documents of a reading. */
export class Cells {
  readonly found: (Found | undefined)[];
  /** Why a value is not whole. */
  readonly lost: (string | undefined)[];
  /** Fields of any document so far that no column is of. */
  readonly unexpected = new Set<string>();

  constructor(columns: number) {
    this.found = Array.from({ length: columns }, () => undefined);
    this.lost = Array.from({ length: columns }, () => undefined);
  }

  clear(): void {
    this.found.fill(undefined);
    this.lost.fill(undefined);
  }
}

/** Takes a document apart into cells that are clear. */
export type Pick = (document: RawDocument, cells: Cells) => void;

/** What finds the values of columns in documents. */
export interface Picker {
  readonly pick: Pick;
  /** For most documents a faster way to the same, which knows when it must not be gone. */
  readonly level?: Level;
  /** Paths of the columns that may lead through arrays. */
  readonly paths: readonly Path[];
}

/** Columns that are each at a path of their own. */
export function byPaths(paths: readonly Path[]): Picker {
  return {
    pick: (document, { found, lost }) => {
      paths.forEach((path, index) => {
        // A value that lost something in two ways is one that did.
        found[index] = valueAt(document, path, (why) => void (lost[index] ??= why));
      });
    },
    level: levelOf(paths),
    paths,
  };
}
