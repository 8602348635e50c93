import type { Buffer } from 'node:buffer';
import { CsvWriter, type Losses } from '@esclusa/kit';
import { Cells, type Picker } from './cells.ts';
import { writeValue } from './direct/value.ts';
import { Places, THROUGH_ARRAY, walk } from './direct/walk.ts';
import { sizeOf } from './direct/elements.ts';
import { ObservedColumn } from './observed.ts';
import { type Found, below, isList, parsePath, valueAt } from './paths.ts';
import { cellText, writeCell } from './raw/cell.ts';
import { TYPE, openDocument } from './raw/document.ts';

const ID = parsePath('_id');
const ignore = (): void => undefined;

/** Documents whose bytes stand in one stretch. */
export interface Batch {
  readonly bytes: Buffer;
  /** Where each begins. */
  readonly offsets: readonly number[];
}

/** Writes documents as the rows of a CSV, and keeps what their columns showed. */
export class Rows {
  count = 0;
  readonly writer = new CsvWriter();
  readonly observed: readonly ObservedColumn[];
  /** What is found by the slow way. */
  readonly cells: Cells;
  readonly #columns: readonly string[];
  readonly #picker: Picker;
  readonly #losses: Losses;
  /** What is found by the fast one. */
  readonly #places: Places;

  constructor(columns: readonly string[], picker: Picker, losses: Losses) {
    this.#columns = columns;
    this.#picker = picker;
    this.#losses = losses;
    this.observed = columns.map(() => new ObservedColumn());
    this.cells = new Cells(columns.length);
    this.#places = new Places(columns.length);
  }

  /** Writes a batch's documents from one on until there is enough for a chunk; gives which one is next. */
  write({ bytes, offsets }: Batch, first: number): number {
    const { writer } = this;
    const { level } = this.#picker;
    let next = first;
    while (next < offsets.length && !writer.full) {
      const offset = offsets[next++] as number;
      this.count++;
      this.#places.types.fill(0);
      if (level !== undefined && walk(bytes, offset, level, this.#places)) this.#writePlaces(bytes, offset);
      else this.#writeCells(bytes, offset);
      writer.endRecord();
    }
    return next;
  }

  #writePlaces(bytes: Buffer, offset: number): void {
    const { writer, observed } = this;
    const { types, offsets } = this.#places;
    for (let column = 0; column < types.length; column++) {
      const type = types[column] as number;
      const seen = observed[column] as ObservedColumn;
      if (type === 0) {
        seen.missing++;
        writer.null();
      } else if (writeValue(writer, bytes, type, offsets[column] as number)) seen.saw(type);
      else this.#writePlace(bytes, offset, column);
    }
  }

  /** Writes one value by the slow way. */
  #writePlace(bytes: Buffer, document: number, column: number): void {
    const { types, offsets, depths } = this.#places;
    const offset = offsets[column] as number;
    const type = types[column] as number;
    const path = this.#picker.paths[column];
    let lost: string | undefined;
    const note = (why: string): void => void (lost ??= why);
    const through = type === THROUGH_ARRAY && path !== undefined;
    const value: Found | undefined = through
      ? below(bytes, [TYPE.array, 0, 0, offset, sizeOf(TYPE.array, bytes, offset)], path, note, depths[column] as number)
      : [type, 0, 0, offset, sizeOf(type, bytes, offset)];
    this.observed[column]?.see(bytes, value);
    writeCell(this.writer, bytes, value, note);
    if (lost !== undefined) this.#lose(column, lost, bytes, document);
  }

  #writeCells(bytes: Buffer, offset: number): void {
    const { cells, writer } = this;
    const { found, lost } = cells;
    cells.clear();
    this.#picker.pick(openDocument(bytes, offset), cells);
    this.#columns.forEach((_, column) => {
      const value = found[column];
      this.observed[column]?.see(bytes, value);
      writeCell(writer, bytes, value, (why) => void (lost[column] ??= why));
      const why = lost[column];
      if (why !== undefined) this.#lose(column, why, bytes, offset);
    });
  }

  #lose(column: number, why: string, bytes: Buffer, offset: number): void {
    this.#losses.lost(this.#columns[column] ?? '', why, () => ({ row: this.count, ...keyOf(bytes, offset) }));
  }
}

/** What tells a document from others, for people. */
function keyOf(bytes: Buffer, offset: number): { key?: Record<string, string | null> } {
  const id = valueAt(openDocument(bytes, offset), ID, ignore);
  return id === undefined || isList(id) ? {} : { key: { _id: cellText(bytes, id, ignore) } };
}
