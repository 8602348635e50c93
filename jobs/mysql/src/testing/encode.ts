import type { RowEncoder, Stopped } from '../wire/encoder.ts';

/** What an encoder made of bytes: the CSV, what it left of them, and why it stopped. */
export interface Encoded {
  readonly csv: Buffer;
  readonly left: Buffer;
  readonly stopped: Stopped;
}

/** Puts bytes into an encoder that has begun, piece by piece, up to what it leaves alone; each chunk is taken once it is full. */
export function encode(encoder: RowEncoder, pieces: Iterable<Buffer>): Encoded {
  const chunks: Buffer[] = [];
  const left: Buffer[] = [];
  let stopped: Stopped = 'starved';
  const take = (): void => {
    const chunk = encoder.take();
    if (chunk === undefined) return;
    chunks.push(Buffer.from(chunk));
    encoder.free(chunk);
  };
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && stopped !== 'other') {
      at += encoder.put(piece.subarray(at));
      while ((stopped = encoder.encode()) === 'full') take();
    }
    left.push(piece.subarray(at));
  }
  take();
  return { csv: Buffer.concat(chunks), left: Buffer.concat([encoder.giveBack(), ...left]), stopped };
}
