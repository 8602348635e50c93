import type { OutputSink } from '../engine.ts';
import type { StreamKind } from './demux.ts';

const TAIL_BYTES = 1024;
const WHITE_SPACE = 0x20;

/** Hands output to the sink and remembers how much it had, so that a second reading of the log goes on where the first was cut. */
export class Delivery {
  readonly #sink: OutputSink;
  readonly #given = { stdout: 0, stderr: 0 };
  readonly #skip = { stdout: 0, stderr: 0 };
  readonly #tails = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  /** Bytes handed over so far. */
  get total(): number {
    return this.#given.stdout + this.#given.stderr;
  }

  /** What comes next begins at the container's first byte: what the sink had already is passed over. */
  fromTheStart(): void {
    Object.assign(this.#skip, this.#given);
  }

  /** Takes the next bytes of a stream. */
  take(kind: StreamKind, chunk: Buffer): void {
    const skipped = Math.min(this.#skip[kind], chunk.length);
    this.#skip[kind] -= skipped;
    if (skipped === chunk.length) return;
    const fresh = skipped === 0 ? chunk : chunk.subarray(skipped);
    this.#given[kind] += fresh.length;
    const tail = this.#tails[kind];
    // Copies, because the chunk is part of a larger buffer that would be kept alive.
    this.#tails[kind] = fresh.length >= TAIL_BYTES ? Buffer.from(fresh.subarray(-TAIL_BYTES)) : Buffer.concat([tail, fresh]).subarray(-TAIL_BYTES);
    this.#sink[kind](fresh);
  }

  /** Whether `line` was the last one on a stream; judged by its end, since a line may be long. */
  endedWith(kind: StreamKind, line: string): boolean {
    const tail = this.#tails[kind];
    let end = tail.length;
    while (end > 0 && (tail[end - 1] ?? 0) <= WHITE_SPACE) end--;
    const wanted = Buffer.from(line).subarray(-TAIL_BYTES / 2);
    return tail.subarray(Math.max(0, end - wanted.length), end).equals(wanted);
  }

  /** Hands over a line that a rotated log had lost the way to; the leading line end closes whatever stood before. */
  addLine(kind: StreamKind, line: string): void {
    this.#sink[kind](Buffer.from(`\n${line}\n`));
  }
}
