import type { Buffer } from 'node:buffer';
import { type Data, type DataType, makeData } from 'apache-arrow';

/** Values by which a column is judged, and the part of them that are unlike all before where it is varied. */
const LOOKED_AT = 8_192;
const VARIED = 0.95;

/**
 * The values of one column of the batch under way, in the memory layout of Arrow (https://arrow.apache.org/docs/format/Columnar.html): no object per value. What
 * {@link data} gives is valid until {@link carry}.
 */
export abstract class BatchColumn {
  abstract readonly type: DataType;
  /** 1 bit for each row that has a value. */
  readonly #validity: Uint8Array;

  constructor(rows: number) {
    this.#validity = new Uint8Array(Math.ceil(rows / 8));
  }

  /** Bytes that its values have grown to, where they have no fixed length. */
  get bytes(): number {
    return 0;
  }

  /** The row has no value. */
  null(row: number): void {
    this.empty(row);
  }

  /** The row has this text of a plain CSV, without its quotes; false, and it has none, where the type has no room for it. */
  value(row: number, source: Buffer, start: number, end: number): boolean {
    if (!this.take(row, source, start, end)) {
      this.empty(row);
      return false;
    }
    this.#validity[row >> 3]! |= 1 << (row & 7);
    return true;
  }

  /** What the column holds, of so many rows. */
  data(rows: number): Data {
    return dataOf({ type: this.type, length: rows, nullCount: rows - ones(this.#validity, rows), nullBitmap: this.#validity, ...this.content(rows) });
  }

  /** Whether its values differ so much from each other, as far as they are looked at, that a dictionary of them would take longer and save nothing. */
  isVaried(rows: number): boolean {
    const seen = new Set<string>();
    let values = 0;
    for (let row = 0; row < rows && values < LOOKED_AT; row++) {
      if (!bitAt(this.#validity, row)) continue;
      values++;
      seen.add(this.key(row));
    }
    return values >= LOOKED_AT / 8 && seen.size > values * VARIED;
  }

  /** Begins the next batch, whose first row is the one behind these: a record that has begun. */
  carry(rows: number): void {
    const has = bitAt(this.#validity, rows);
    this.#validity.fill(0);
    if (has) this.#validity[0] = 1;
    this.move(rows);
  }

  protected abstract take(row: number, source: Buffer, start: number, end: number): boolean;
  protected empty(_row: number): void {}
  /** What tells a value from others. */
  protected abstract key(row: number): string;
  protected abstract content(rows: number): Pick<DataProperties, 'data' | 'valueOffsets'>;
  /** The value of this row becomes that of the first. */
  protected abstract move(row: number): void;
}

/** Whether a bit is set, counted from the lowest of the first byte. */
export function bitAt(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
}

/** How many of the first bits are set. */
function ones(bits: Uint8Array, count: number): number {
  let sum = 0;
  for (let at = 0; at < count >> 3; at++) for (let byte = bits[at] as number; byte !== 0; byte &= byte - 1) sum++;
  for (let at = count & ~7; at < count; at++) if (bitAt(bits, at)) sum++;
  return sum;
}

export interface DataProperties {
  readonly type: DataType;
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array;
  readonly data: ArrayLike<unknown>;
  readonly valueOffsets?: Int32Array;
}

/** makeData is typed for each type alone. */
function dataOf(properties: DataProperties): Data {
  return makeData(properties as never);
}
