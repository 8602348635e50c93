import { Buffer } from 'node:buffer';
import type { Compression } from '@esclusa/contract';
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

/** A path as DuckDB writes it, of that file alone: unquoted, it would take `*`, `?` and `[` for a pattern of several. */
export function duckdbPath(url: string): string {
  return text(url.replace(/[*?[]/g, '[$&]'));
}

/** A name in a comment, which ends with its line: what begins another one, to whatever reads it, is told by its number. */
export function nameInComment(name: string): string {
  return JSON.stringify(name).replace(/[\u007f-\u009f\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What a load line needs to know of the dataset that it loads. */
export interface LoadedDataset {
  readonly dataset: string;
  /** Of its files, in the order of their rows; at least one. */
  readonly urls: readonly string[];
  readonly columns: readonly WrittenColumn[];
  /** Bytes of its longest record. */
  readonly longestRecord: number;
  /** Bytes of the header, which each file has. */
  readonly headerBytes: number;
  readonly dialect: Dialect;
  readonly compression?: Compression | undefined;
}

/** What a reader has no room for in the names of a table's columns. */
export interface NameRules {
  /** Bytes of a name that it keeps. */
  readonly bytes?: number;
  /** Whether it takes `a` and `A` for one name. DuckDB does so for ASCII alone: `ñ` and `Ñ` are two. */
  readonly ignoresCase?: boolean;
  /** Names that it has columns of its own under. */
  readonly taken?: readonly string[];
}

/**
 * Columns under the names by which a reader loads them, each its own where that can be. Else a name is cut to what the reader keeps of it;
 * an empty one is `column_<n>`; and one that another column or the reader itself has gets `_2`, `_3`… Names that can stay come first, so
 * that none of them changes for another's sake. The manifest's schema has the original names, in the same order.
 */
export function underLoadNames<Column extends { readonly name: string }>(
  columns: readonly Column[],
  { bytes = Infinity, ignoresCase = false, taken = [] }: NameRules = {},
): Column[] {
  const fold = (name: string): string => (ignoresCase ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name);
  const used = new Set(taken.map(fold));
  const isFree = (name: string): boolean => !used.has(fold(name));
  const stays = columns.map(({ name }) => {
    const can = name !== '' && cut(name, bytes) === name && isFree(name);
    if (can) used.add(fold(name));
    return can;
  });
  return columns.map((column, index) => {
    if (stays[index] === true) return column;
    const wanted = column.name === '' ? `column_${index + 1}` : column.name;
    let name = cut(wanted, bytes);
    for (let n = 2; !isFree(name); n++) name = `${cut(wanted, bytes - `_${n}`.length)}_${n}`;
    used.add(fold(name));
    return { ...column, name };
  });
}

/** As many of a name's letters as this number of bytes of UTF-8 holds. */
function cut(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  let length = 0;
  let kept = '';
  for (const letter of name) {
    length += Buffer.byteLength(letter);
    if (length > bytes) break;
    kept += letter;
  }
  return kept;
}
