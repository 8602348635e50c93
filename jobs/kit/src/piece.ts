/** Bytes in a memory that their owner has lent. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Gives them back; they are written over from then on. Called once, in the order in which pieces were lent. */
  free(): void;
}

/** Hands the bytes of pieces on, each until the next is asked for. */
export async function* bytesOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    try {
      yield piece.bytes;
    } finally {
      piece.free();
    }
  }
}
