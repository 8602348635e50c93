import { Buffer } from 'node:buffer';
import type { ValueType } from '../columns/value-type.ts';
import { CsvFields, type Place } from './fields.ts';
import { type Dialect, FORMULA_BEGINS, FORMULA_GUARD, isFormula } from './rules.ts';
import { CsvWriter } from './writer.ts';

const GUARD = Buffer.from(FORMULA_GUARD);
/** Kinds whose values are never formulas, but for a minus before a number. */
const NO_FORMULAS: ReadonlySet<ValueType['kind']> = new Set(['boolean', 'integer', 'decimal', 'float', 'date', 'datetime', 'time', 'duration', 'uuid']);

/** 1 for each byte that a formula may begin with. */
const MAY_BEGIN = new Uint8Array(256);
for (const letter of FORMULA_BEGINS) MAY_BEGIN[Buffer.from(letter)[0] as number] = 1;
const LONGEST_NUMBER = 2_000;

/** Writes a plain CSV over into another dialect as it passes. A file in the plain dialect never comes by here. */
export class CsvRewriter {
  /** Bytes of the longest record, its line end among them. */
  longestRecord = 0;
  readonly #dialect: Dialect;
  readonly #writer: CsvWriter;
  readonly #fields: CsvFields;
  readonly #token: Buffer;
  readonly #guarded: readonly boolean[];
  readonly #onGuard: (column: number, record: number) => void;
  readonly #tokens: Float64Array;
  /** Where the record began that is being written, counted from the chunk's start: below zero when it was in an earlier one. */
  #recordStart = 0;
  #taken: Buffer | undefined;

  /** `onGuard` is told of every value that gets an apostrophe, by the indexes of its column and record. */
  constructor(types: readonly ValueType[], dialect: Dialect, onGuard: (column: number, record: number) => void) {
    this.#dialect = dialect;
    this.#writer = new CsvWriter(dialect);
    this.#token = Buffer.from(dialect.nullToken);
    this.#guarded = types.map(({ kind }) => dialect.guardFormulas && !NO_FORMULAS.has(kind));
    this.#onGuard = onGuard;
    this.#tokens = new Float64Array(types.length);
    this.#fields = new CsvFields({
      null: () => this.#writer.null(),
      bytes: (place, source, start, end) => this.#bytes(place, source, start, end),
      endRecord: () => this.#endRecord(),
    });
  }

  /** The next bytes in the other dialect; valid until the next call. */
  take(chunk: Uint8Array): Uint8Array {
    if (this.#taken !== undefined) this.#writer.give(this.#taken);
    this.#fields.take(chunk);
    this.#recordStart -= this.#writer.length;
    this.#taken = this.#writer.take();
    return this.#taken;
  }

  /** How many values of a column are texts that read like the NULL token; undefined where NULL has none. */
  tokens(column: number): number | undefined {
    return this.#dialect.nullToken === '' ? undefined : (this.#tokens[column] ?? 0);
  }

  #bytes({ column, record }: Place, source: Buffer, start: number, end: number): void {
    if (end - start === this.#token.length && end > start && this.#token.compare(source, start, end) === 0) this.#tokens[column]! += 1;
    if (this.#guarded[column] === true && this.#isFormula(source, start, end)) {
      this.#onGuard(column, record);
      this.#writer.bytes(Buffer.concat([GUARD, source.subarray(start, end)]), 0, end - start + GUARD.length);
    } else this.#writer.bytes(source, start, end);
  }

  #isFormula(source: Buffer, start: number, end: number): boolean {
    if (end === start || MAY_BEGIN[source[start] as number] === 0) return false;
    return end - start > LONGEST_NUMBER || isFormula(source.toString('utf8', start, end));
  }

  #endRecord(): void {
    this.#writer.endRecord();
    const length = this.#writer.length - this.#recordStart;
    if (length > this.longestRecord) this.longestRecord = length;
    this.#recordStart = this.#writer.length;
  }
}
