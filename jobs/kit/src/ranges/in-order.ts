import { within } from '../within.ts';
import { Ring } from './ring.ts';

/** Room of each reader for what lies behind the range that is handed on. */
const RING_BYTES = 4 * 1024 * 1024;
/** Bytes of CSV that a range should have: much less than the room, so that no reader waits for another that is a little slower. */
export const RANGE_BYTES = RING_BYTES / 2;
/** What is handed on at once, at most. */
const PIECE_BYTES = 64 * 1024;

// A source that has fallen silent must not hold back what is known to have failed; whoever closes its connection ends what is left.
const END_MS = 2_000;

/** The ranges that a table consists of, in the order of the file. */
export interface Ranges<Range> {
  /** The range behind the one before; undefined behind the last. Called by one reader after the other. */
  next(): Promise<Range | undefined> | Range | undefined;
  /** A range was read to its end and had so many bytes, which says how wide the next ones should be. */
  ended(range: Range, bytes: number): void;
}

/** Reads one range on a connection of its own; chunks are valid until the next is asked for. */
export type RangeReader<Range> = (range: Range) => AsyncIterable<Uint8Array>;

/** A range that is being read: where its bytes end in its reader's ring, once that is known. */
interface Turn {
  readonly ring: Ring;
  end: number | undefined;
}

/**
 * Reads ranges by several readers at once and hands their bytes on in the order of the ranges, so that the file is, byte for byte, that of one
 * reader. A reader whose room is full waits, which holds its server back: memory is that of the rings, however large a range is. When one
 * fails, so does the whole, with the first cause.
 */
export async function* readInOrder<Range>(
  readers: readonly RangeReader<Range>[],
  ranges: Ranges<Range>,
  ringBytes: number = RING_BYTES,
): AsyncGenerator<Uint8Array, void> {
  const reading = new Reading(ranges);
  const all = readers.map((reader) => reading.run(reader, new Ring(ringBytes)));
  try {
    yield* reading.bytes();
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
  async run(reader: RangeReader<Range>, ring: Ring): Promise<void> {
    this.#running++;
    try {
      for (;;) {
        const taken = await this.#take(ring);
        if (taken === undefined) return;
        const { range, turn } = taken;
        const begin = ring.written;
        for await (const chunk of reader(range)) {
          await this.#keep(ring, chunk);
          if (this.#stopped) return;
        }
        turn.end = ring.written;
        this.#ranges.ended(range, turn.end - begin);
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
  async *bytes(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.cause;
      const turn = this.#turns[0];
      if (turn === undefined) {
        if (this.#running === 0) return;
        await this.#change();
        continue;
      }
      const { ring, end } = turn;
      if (end === ring.read) this.#turns.shift();
      else {
        const piece = ring.peek(Math.min(end ?? Infinity, ring.read + PIECE_BYTES));
        if (piece.length === 0) await this.#change();
        else {
          yield piece;
          ring.skip(piece.length);
          this.#changed();
        }
      }
    }
  }

  /** Ends the readers, which may be in the middle of a range. */
  stop(): void {
    this.#stopped = true;
    this.#changed();
  }

  /** The next range; one is taken at a time, so that turns stand in the order of the file. */
  #take(ring: Ring): Promise<{ range: Range; turn: Turn } | undefined> {
    const taking = this.#taking.then(async () => {
      if (this.#stopped || this.#failure !== undefined) return undefined;
      const range = await this.#ranges.next();
      if (range === undefined) return undefined;
      const turn: Turn = { ring, end: undefined };
      this.#turns.push(turn);
      this.#changed();
      return { range, turn };
    });
    this.#taking = taking.catch(() => undefined);
    return taking;
  }

  async #keep(ring: Ring, chunk: Uint8Array): Promise<void> {
    for (let kept = 0; kept < chunk.length && !this.#stopped;) {
      const count = ring.write(chunk, kept);
      kept += count;
      if (count > 0) this.#changed();
      else await this.#change();
    }
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
