import type { Dialect } from '../../csv/rules.ts';
import type { WrittenColumn } from '../field.ts';

/** A name as SQL writes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL writes it. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** What a load line needs to know of the file that it loads. */
export interface LoadedFile {
  readonly dataset: string;
  readonly url: string;
  readonly columns: readonly WrittenColumn[];
  /** Bytes of its longest record. */
  readonly longestRecord: number;
  readonly dialect: Dialect;
}
