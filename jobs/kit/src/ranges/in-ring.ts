import type { Piece } from '../piece.ts';
import type { RangeReader } from './in-order.ts';
import { Ring } from './ring.ts';

/** What is lent at once, at most. */
const PIECE_BYTES = 64 * 1024;

/** A reader with room for {@link readInOrder}, of one whose chunks are valid only until the next is asked for: they are copied into a ring. */
export function inRing<Range>(read: (range: Range) => AsyncIterable<Uint8Array>, bytes: number): RangeReader<Range> {
  const ring = new Ring(bytes);
  let wake: (() => void) | undefined;
  // Read and lent, and not given back.
  let lent = 0;
  const free = (piece: Piece): void => {
    lent -= piece.bytes.length;
    ring.skip(piece.bytes.length);
    wake?.();
  };
  return async function* (range) {
    for await (const chunk of read(range)) {
      for (let kept = 0; kept < chunk.length;) {
        const count = ring.write(chunk, kept);
        kept += count;
        if (count === 0) await new Promise<void>((resolve) => (wake = resolve));
        for (let left = count; left > 0;) {
          const found = ring.peek(lent, Math.min(left, PIECE_BYTES));
          left -= found.length;
          lent += found.length;
          const piece: Piece = { bytes: found, free: () => free(piece) };
          yield piece;
        }
      }
    }
  };
}
