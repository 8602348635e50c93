import { StringDecoder } from 'node:string_decoder';

// C0 but tab and line end, DEL, C1, and what turns the direction of text or parts lines: a terminal would act on it.
const UNSAFE = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`, 'g');

/** Text from outside that may be shown in a terminal: control characters stand as `\u001b`. JSON stays the same JSON. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value as JSON in which no control character stands as itself; `JSON.stringify` leaves DEL and C1 as they are. */
export function jsonText(value: unknown): string {
  return visible(JSON.stringify(value));
}

/** Cuts bytes of UTF-8 into pieces of text; a character may lie across pieces. */
export class TextPieces {
  readonly #decoder = new StringDecoder('utf8');

  /** The next piece. */
  next(chunk: Buffer): string {
    return this.#decoder.write(chunk);
  }

  /** Returns the remainder of a character that was cut off. */
  rest(): string {
    return this.#decoder.end();
  }
}
