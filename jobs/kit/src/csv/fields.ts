import { Buffer } from 'node:buffer';
import { COMMA, LINE_END, QUOTE } from './rules.ts';

/** Is told of each field of a CSV, in order; columns and records count from 0. */
export interface FieldSink {
  null(): void;
  /** A value without its quotes; the bytes are valid until the call returns. */
  bytes(place: Place, source: Buffer, start: number, end: number): void;
  endRecord(): void;
}

/** Where a field stands. */
export interface Place {
  readonly column: number;
  readonly record: number;
}

/** Takes a plain CSV (rules.ts) apart into its values, whatever chunks it comes in. What is kept between them is a field that has begun. */
export class CsvFields {
  readonly #sink: FieldSink;
  #held: Buffer[] = [];
  #quoted = false;
  readonly #place = { column: 0, record: 0 };

  constructor(sink: FieldSink) {
    this.#sink = sink;
  }

  take(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let quoted = this.#quoted;
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) quoted = !quoted;
      else if (!quoted && (byte === COMMA || byte === LINE_END)) {
        this.#endField(bytes, start, at);
        if (byte === LINE_END) this.#endRecord();
        else this.#place.column++;
        start = at + 1;
      }
    }
    this.#quoted = quoted;
    if (start < bytes.length) this.#held.push(Buffer.from(bytes.subarray(start)));
  }

  #endField(bytes: Buffer, start: number, end: number): void {
    if (this.#held.length === 0) return this.#tell(bytes, start, end);
    const whole = Buffer.concat([...this.#held, bytes.subarray(start, end)]);
    this.#held = [];
    this.#tell(whole, 0, whole.length);
  }

  #endRecord(): void {
    this.#sink.endRecord();
    this.#place.column = 0;
    this.#place.record++;
  }

  #tell(bytes: Buffer, start: number, end: number): void {
    if (start === end) this.#sink.null();
    else if (bytes[start] !== QUOTE) this.#sink.bytes(this.#place, bytes, start, end);
    else {
      const content = singleQuotes(bytes.subarray(start + 1, end - 1));
      this.#sink.bytes(this.#place, content, 0, content.length);
    }
  }
}

/** The content of a quoted field with one quote for each two. */
function singleQuotes(content: Buffer): Buffer {
  let from = content.indexOf(QUOTE);
  if (from === -1) return content;
  const pieces: Buffer[] = [];
  let start = 0;
  for (; from !== -1; from = content.indexOf(QUOTE, start)) {
    pieces.push(content.subarray(start, from + 1));
    start = from + 2;
  }
  pieces.push(content.subarray(start));
  return Buffer.concat(pieces);
}
