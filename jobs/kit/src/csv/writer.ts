import { Buffer, isUtf8 } from 'node:buffer';
import { type Dialect, END_OF_DATA, LINE_END, PLAIN, QUOTE, quoteCauses } from './rules.ts';

const CHUNK_BYTES = 64 * 1024;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const LAST_ASCII = 0x7f;
// A loop over bytes beats a call into C++ for short fields and loses for long ones.
const LONG_FIELD = 128;

/**
 * Writes records field by field into chunks of bytes, by the rules of rules.ts and without a string per field.
 * A chunk that {@link take} gave is written over once it was given back.
 */
export class CsvWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES * 2);
  #at = 0;
  #fields = 0;
  readonly #spare: Buffer[] = [];
  readonly #delimiter: number;
  readonly #null: Buffer;
  readonly #quoteAll: boolean;
  /** 1 for each byte for which a field is quoted. All are ASCII, so no byte within a letter of UTF-8 is among them. */
  readonly #causes = new Uint8Array(256);
  readonly #causeBytes: readonly number[];

  constructor(dialect: Dialect = PLAIN) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#null = Buffer.from(dialect.nullToken, 'utf8');
    this.#quoteAll = dialect.quoteAll;
    this.#causeBytes = Array.from(quoteCauses(dialect), (letter) => letter.charCodeAt(0));
    for (const byte of this.#causeBytes) this.#causes[byte] = 1;
  }

  /** Whether there is enough for a chunk; to be asked between records. */
  get full(): boolean {
    return this.#at >= CHUNK_BYTES;
  }

  /** Bytes that were written and not taken. */
  get length(): number {
    return this.#at;
  }

  null(): void {
    this.plain(this.#null, 0, this.#null.length);
  }

  /** A field of UTF-8 bytes; quoted where its content asks for it. */
  bytes(source: Buffer, start: number, end: number): void {
    if (start === end || this.#quoteAll || this.#needsQuotes(source, start, end)) {
      // Quotes around it, and each of its own doubled, at worst.
      this.#begin(2 * (end - start) + 2);
      this.#quoted(source, start, end);
    } else this.plain(source, start, end);
  }

  /** A field of bytes that are known to need no quotes: numbers, dates. */
  plain(source: Buffer, start: number, end: number): void {
    this.#begin(end - start);
    this.#copy(source, start, end);
  }

  /** A field of text. */
  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.bytes(bytes, 0, bytes.length);
  }

  /** A field of ASCII that is known to need no quotes. */
  ascii(value: string): void {
    this.#begin(value.length);
    this.#at += this.#buffer.write(value, this.#at, 'latin1');
  }

  /** A field of bytes that ought to be UTF-8; false, and there is no field, where they are not. */
  utf8(source: Buffer, start: number, end: number): boolean {
    const length = end - start;
    // One pass over a short one finds out and copies at once.
    if (length === 0 || length > LONG_FIELD || length === END_OF_DATA.length || length === this.#null.length || this.#quoteAll) {
      if (!isUtf8(source.subarray(start, end))) return false;
      this.bytes(source, start, end);
      return true;
    }
    const from = this.begin(2 * length + 2);
    const out = this.#buffer;
    const causes = this.#causes;
    let at = from;
    let seen = 0;
    let cause = 0;
    for (let read = start; read < end; read++) {
      const byte = source[read] as number;
      seen |= byte;
      cause |= causes[byte] as number;
      out[at++] = byte;
    }
    if (seen > LAST_ASCII && !isUtf8(source.subarray(start, end))) return false;
    if (cause !== 0) {
      at = from;
      out[at++] = QUOTE;
      for (let read = start; read < end; read++) {
        const byte = source[read] as number;
        if (byte === QUOTE) out[at++] = QUOTE;
        out[at++] = byte;
      }
      out[at++] = QUOTE;
    }
    this.end(at);
    return true;
  }

  /** Begins a field of at most so many bytes, which are to be written to {@link out} from the place on that this gives, and are as they stand in the file. */
  begin(most: number): number {
    this.#room(most + 1);
    if (this.#fields === 0) return this.#at;
    this.#buffer[this.#at] = this.#delimiter;
    return this.#at + 1;
  }

  /** Where the bytes of a field go that was begun. */
  get out(): Buffer {
    return this.#buffer;
  }

  /** Ends a field that was begun; without it there is none. */
  end(at: number): void {
    this.#at = at;
    this.#fields++;
  }

  endRecord(): void {
    this.#room(1);
    this.#buffer[this.#at++] = LINE_END;
    this.#fields = 0;
  }

  /** What was written since the last call. */
  take(): Buffer {
    const chunk = this.#buffer.subarray(0, this.#at);
    this.#buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES * 2);
    this.#at = 0;
    return chunk;
  }

  /** Gives a chunk back whose bytes are needed no more. */
  give(chunk: Buffer): void {
    // One that grew for a huge value is let go, so that one such value doesn't stay in memory.
    const whole = Buffer.from(chunk.buffer);
    if (whole.length === CHUNK_BYTES * 2) this.#spare.push(whole);
  }

  /** The delimiter before a field, and room for it. */
  #begin(bytes: number): void {
    this.#room(bytes + 1);
    if (this.#fields++ > 0) this.#buffer[this.#at++] = this.#delimiter;
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #copy(source: Buffer, start: number, end: number): void {
    const out = this.#buffer;
    if (end - start > LONG_FIELD) {
      this.#at += source.copy(out, this.#at, start, end);
      return;
    }
    let at = this.#at;
    for (let from = start; from < end; from++) out[at++] = source[from] ?? 0;
    this.#at = at;
  }

  #quoted(source: Buffer, start: number, end: number): void {
    const out = this.#buffer;
    out[this.#at++] = QUOTE;
    for (let from = start; from < end;) {
      const found = source.indexOf(QUOTE, from);
      const stop = found === -1 || found >= end ? end : found + 1;
      this.#at += source.copy(out, this.#at, from, stop);
      if (stop !== end || found === end - 1) out[this.#at++] = QUOTE;
      from = stop;
    }
    out[this.#at++] = QUOTE;
  }

  #needsQuotes(source: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (length === END_OF_DATA.length && source[start] === BACKSLASH && source[start + 1] === DOT) return true;
    const token = this.#null;
    if (length === token.length && token.compare(source, start, end) === 0) return true;
    if (length <= LONG_FIELD) {
      const causes = this.#causes;
      for (let at = start; at < end; at++) if (causes[source[at] ?? 0] === 1) return true;
      return false;
    }
    // A view, so that the search ends with the field.
    const field = source.subarray(start, end);
    return this.#causeBytes.some((byte) => field.includes(byte));
  }
}
