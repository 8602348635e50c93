import { Buffer } from 'node:buffer';
import { Binary, Bool, type DataType, DateDay, Decimal, Float32, Float64, Int16, Int32, Int64, Int8, TimestampMicrosecond, Utf8 } from 'apache-arrow';
import { BatchColumn, type DataProperties, bitAt } from './batch-column.ts';
import { dateInto, timestampInto } from './instants.ts';
import { decimalInto, floatInto, int32Into, int64Into } from './numbers.ts';
import type { ParquetType } from './types.ts';

const FIRST_BYTES = 1_024;
const KEPT_BYTES = 64 * 1_024 * 1_024;
// A loop over bytes beats a call into C++ for short values and loses for long ones.
const LONG_VALUE = 64;
/** Of a long value, what tells it from others. */
const KEY_BYTES = 128;

/** The column of a type, with room for so many rows. */
export function batchColumn(type: ParquetType, rows: number): BatchColumn {
  switch (type.kind) {
    case 'boolean':
      return new BooleanColumn(rows, type.trueValue, type.falseValue);
    case 'integer':
      return integerColumn(type.bits, rows);
    case 'decimal': {
      const words = new Int32Array(rows * 4);
      return new FixedColumn(rows, new Decimal(type.scale, type.precision, 128), new Uint32Array(words.buffer), (row, source, start, end) =>
        decimalInto(words, row, type, source, start, end),
      );
    }
    case 'float': {
      const target = type.bits === 32 ? new Float32Array(rows) : new Float64Array(rows);
      return new FixedColumn(rows, type.bits === 32 ? new Float32() : new Float64(), target, (row, source, start, end) =>
        floatInto(target, row, source, start, end),
      );
    }
    case 'date': {
      const days = new Int32Array(rows);
      return new FixedColumn(rows, new DateDay(), days, (row, source, start, end) => dateInto(days, row, source, start, end));
    }
    case 'timestamp': {
      const words = new Int32Array(rows * 2);
      return new FixedColumn(rows, new TimestampMicrosecond(type.utc ? 'UTC' : null), new BigInt64Array(words.buffer), (row, source, start, end) =>
        timestampInto(words, row, source, start, end),
      );
    }
    case 'binary':
      return new BytesColumn(rows, new Binary(), type.encoding === 'hex' ? hexInto : base64Into);
    case 'text':
      return new BytesColumn(rows, new Utf8(), copyInto);
    default: {
      const never: never = type;
      throw new Error(`unknown type ${JSON.stringify(never)}`);
    }
  }
}

function integerColumn(bits: 8 | 16 | 32 | 64, rows: number): BatchColumn {
  if (bits === 64) {
    const words = new Int32Array(rows * 2);
    return new FixedColumn(rows, new Int64(), new BigInt64Array(words.buffer), (row, source, start, end) => int64Into(words, row, source, start, end));
  }
  const [type, target] = { 8: [new Int8(), new Int8Array(rows)], 16: [new Int16(), new Int16Array(rows)], 32: [new Int32(), new Int32Array(rows)] }[bits] as [
    DataType,
    Int8Array | Int16Array | Int32Array,
  ];
  return new FixedColumn(rows, type, target, (row, source, start, end) => int32Into(target, row, bits, source, start, end));
}

type Into = (row: number, source: Buffer, start: number, end: number) => boolean;
type Values = Int8Array | Int16Array | Int32Array | Uint32Array | BigInt64Array | Float32Array | Float64Array;

/** Values of one length each. */
class FixedColumn extends BatchColumn {
  readonly type: DataType;
  protected readonly take: Into;
  readonly #values: Values;
  readonly #perRow: number;

  constructor(rows: number, type: DataType, values: Values, into: Into) {
    super(rows);
    this.type = type;
    this.#values = values;
    this.#perRow = values.length / rows;
    this.take = into;
  }

  protected key(row: number): string {
    return String(this.#values.subarray(row * this.#perRow, (row + 1) * this.#perRow));
  }

  protected content(): Pick<DataProperties, 'data'> {
    return { data: this.#values };
  }

  protected move(row: number): void {
    this.#values.copyWithin(0, row * this.#perRow, (row + 1) * this.#perRow);
  }
}

/** A bit for each value. */
class BooleanColumn extends BatchColumn {
  readonly type = new Bool();
  readonly #values: Uint8Array;
  readonly #true: Buffer;
  readonly #false: Buffer;

  constructor(rows: number, trueValue: string, falseValue: string) {
    super(rows);
    this.#values = new Uint8Array(Math.ceil(rows / 8));
    this.#true = Buffer.from(trueValue);
    this.#false = Buffer.from(falseValue);
  }

  protected take(row: number, source: Buffer, start: number, end: number): boolean {
    if (this.#true.compare(source, start, end) === 0) this.#values[row >> 3]! |= 1 << (row & 7);
    else return this.#false.compare(source, start, end) === 0;
    return true;
  }

  protected key(row: number): string {
    return String(bitAt(this.#values, row));
  }

  protected content(): Pick<DataProperties, 'data'> {
    return { data: this.#values };
  }

  protected move(row: number): void {
    const isTrue = bitAt(this.#values, row);
    this.#values.fill(0);
    if (isTrue) this.#values[0] = 1;
  }
}

/** Writes the bytes that a text stands for at an offset, which has room for as many as the text has; gives where they end, or -1. */
type BytesInto = (target: Buffer, at: number, source: Buffer, start: number, end: number) => number;

/** Values of any length, one after the other, and where each begins. */
class BytesColumn extends BatchColumn {
  readonly type: DataType;
  readonly #into: BytesInto;
  readonly #offsets: Int32Array;
  #values: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #at = 0;

  constructor(rows: number, type: DataType, into: BytesInto) {
    super(rows);
    this.type = type;
    this.#into = into;
    this.#offsets = new Int32Array(rows + 1);
  }

  override get bytes(): number {
    return this.#at;
  }

  protected take(row: number, source: Buffer, start: number, end: number): boolean {
    const needed = this.#at + end - start;
    if (needed > this.#values.length) this.#grow(needed);
    const ended = this.#into(this.#values, this.#at, source, start, end);
    if (ended === -1) return false;
    this.#at = ended;
    this.#offsets[row + 1] = ended;
    return true;
  }

  protected override empty(row: number): void {
    this.#offsets[row + 1] = this.#at;
  }

  protected key(row: number): string {
    const [from = 0, to = 0] = this.#offsets.subarray(row, row + 2);
    return this.#values.toString('latin1', from, Math.min(to, from + KEY_BYTES));
  }

  protected content(rows: number): Pick<DataProperties, 'data' | 'valueOffsets'> {
    return { valueOffsets: this.#offsets, data: this.#values.subarray(0, this.#offsets[rows]) };
  }

  protected move(row: number): void {
    const from = this.#offsets[row] as number;
    const kept = this.#values.subarray(from, this.#at);
    this.#at = kept.length;
    // What one very long value took is not kept for short ones.
    if (this.#values.length > KEPT_BYTES && kept.length < FIRST_BYTES) this.#values = Buffer.concat([kept], FIRST_BYTES);
    else this.#values.copyWithin(0, from, from + kept.length);
    this.#offsets[1] = this.#at;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#values.length * 2));
    this.#values.copy(grown, 0, 0, this.#at);
    this.#values = grown;
  }
}

const copyInto: BytesInto = (target, at, source, start, end) => {
  if (end - start > LONG_VALUE) return at + source.copy(target, at, start, end);
  let to = at;
  for (let from = start; from < end; from++) target[to++] = source[from] as number;
  return to;
};

/** `\x` and two digits a byte. */
const hexInto: BytesInto = (target, at, source, start, end) => {
  if (source[start] !== 0x5c || source[start + 1] !== 0x78) return -1;
  const written = target.write(source.toString('latin1', start + 2, end), at, 'hex');
  return written * 2 === end - start - 2 ? at + written : -1;
};

const base64Into: BytesInto = (target, at, source, start, end) => {
  const written = target.write(source.toString('latin1', start, end), at, 'base64');
  const padding = source[end - 1] === 0x3d ? (source[end - 2] === 0x3d ? 2 : 1) : 0;
  return written === ((end - start) / 4) * 3 - padding || end === start ? at + written : -1;
};
