import { Buffer } from 'node:buffer';
import type { RowEncoder, Stopped } from '../row-encoder.ts';
import type { ValueFormat } from '../kinds.ts';

/** What an encoder made of some bytes, why it stopped, and what it left of them. */
export interface Encoded {
  readonly csv: Buffer;
  readonly why: Stopped;
  readonly rest: Buffer;
}

/** All that an encoder makes of bytes that come in pieces, up to what is not for it; of so many columns of text, or of columns in these formats. */
export function encoded(encoder: RowEncoder, columns: number | readonly ValueFormat[], pieces: Iterable<Buffer>): Encoded {
  encoder.begin(typeof columns === 'number' ? Array.from({ length: columns }, () => 'text') : columns);
  const found: Buffer[] = [];
  const rest: Buffer[] = [];
  let why: Stopped = 'starved';
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += encoder.input.length) {
      const bytes = piece.subarray(at, at + encoder.input.length);
      if (why !== 'starved') {
        rest.push(bytes);
        continue;
      }
      encoder.input.set(bytes);
      encoder.received(bytes.length);
      why = encoder.encode((chunk) => {
        found.push(Buffer.from(chunk.bytes));
        chunk.free();
      });
    }
  }
  const last = encoder.take();
  if (last !== undefined) found.push(Buffer.from(last.bytes));
  last?.free();
  return { csv: Buffer.concat(found), why, rest: Buffer.concat([encoder.rest(), ...rest]) };
}
