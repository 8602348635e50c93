import { type Piece, bytesOf } from '../piece.ts';
import { within } from '../within.ts';

// A source that has fallen silent must not hold back what is known to have failed; whoever closes its connection ends what is left.
const END_MS = 2_000;

/** The ranges that a table consists of, in the order of the file. */
export interface Ranges<Range> {
  /** The range behind the one before; undefined behind the last. Called by one reader after the other. */
  next(): Promise<Range | undefined> | Range | undefined;
  /** A range was read to its end and had so many bytes, which says how wide the next ones should be. */
  ended(range: Range, bytes: number): void;
}

/** Reads one range on a connection of its own. It has room of its own for the pieces that it lends, and waits while all of it is out. */
export type RangeReader<Range> = (range: Range) => AsyncIterable<Piece>;

/** A range that is being read, or was: what is not handed on of it. */
interface Turn {
  readonly pieces: Piece[];
  ended: boolean;
}

/**
 * Reads ranges by several readers at once and hands their bytes on in the order of the ranges, so that the file is, byte for byte, that of one
 * reader. A reader whose room is full waits, which holds its server back: memory is that of the rooms, however large a range is. When one
 * fails, so does the whole, with the first cause.
 */
export async function* readInOrder<Range>(readers: readonly RangeReader<Range>[], ranges: Ranges<Range>): AsyncGenerator<Uint8Array, void> {
  const reading = new Reading(ranges);
  const all = readers.map((reader) => reading.run(reader));
  try {
    yield* bytesOf(reading.pieces());
  } finally {
    reading.stop();
    await within(END_MS, Promise.all(all));
  }
}

class Reading<Range> {
  readonly #ranges: Ranges<Range>;
  /** Ranges that were taken and not yet handed on whole, in order. */
  readonly #turns: Turn[] = [];
  #taking: Promise<unknown> = Promise.resolve();
  #running = 0;
  #stopped = false;
  #failure: { readonly cause: unknown } | undefined;
  #waiting: (() => void)[] = [];

  constructor(ranges: Ranges<Range>) {
    this.#ranges = ranges;
  }

  /** Reads ranges until there are no more; never rejects. */
  async run(reader: RangeReader<Range>): Promise<void> {
    this.#running++;
    try {
      for (;;) {
        const taken = await this.#take();
        if (taken === undefined) return;
        const { range, turn } = taken;
        let bytes = 0;
        for await (const piece of reader(range)) {
          if (this.#stopped) return piece.free();
          bytes += piece.bytes.length;
          turn.pieces.push(piece);
          this.#changed();
        }
        turn.ended = true;
        this.#ranges.ended(range, bytes);
        this.#changed();
      }
    } catch (cause) {
      this.#failure ??= { cause };
    } finally {
      this.#running--;
      this.#changed();
    }
  }

  /** What was read, in order. */
  async *pieces(): AsyncGenerator<Piece, void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.cause;
      const turn = this.#turns[0];
      if (turn === undefined) {
        if (this.#running === 0) return;
        await this.#change();
        continue;
      }
      const piece = turn.pieces.shift();
      if (piece !== undefined) yield piece;
      else if (turn.ended) this.#turns.shift();
      else await this.#change();
    }
  }

  /** Ends the readers, which may be in the middle of a range, or wait for room. */
  stop(): void {
    this.#stopped = true;
    for (const { pieces } of this.#turns.splice(0)) for (const piece of pieces) piece.free();
    this.#changed();
  }

  /** The next range; one is taken at a time, so that turns stand in the order of the file. */
  #take(): Promise<{ range: Range; turn: Turn } | undefined> {
    const taking = this.#taking.then(async () => {
      if (this.#stopped || this.#failure !== undefined) return undefined;
      const range = await this.#ranges.next();
      if (range === undefined) return undefined;
      const turn: Turn = { pieces: [], ended: false };
      this.#turns.push(turn);
      this.#changed();
      return { range, turn };
    });
    this.#taking = taking.catch(() => undefined);
    return taking;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
