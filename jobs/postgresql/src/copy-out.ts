import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { letGo } from '@esclusa/kit';
import type { Connection, Submittable } from 'pg';
import { CopyDecoder } from './copy-decoder.ts';

type Listener = (chunk: Buffer) => void;

/** What the socket gives at once; while so many pieces of it wait to be read, it gives no more. */
const MOST_PIECES = 4;
const nobody = (): void => undefined;

/** A table that is read in ranges is many commands, and the memory of each decoder would wait for the garbage collector. */
const idle: CopyDecoder[] = [];

/**
 * COPY … TO STDOUT as a query of `pg` (`client.query(new CopyOut(sql))`), whose data is read from the socket's bytes: the server sends a message
 * for each row, and an object for each would cost more than all that is done with the data later. Whatever is no data is left to `pg`.
 */
export class CopyOut implements Submittable {
  /** Rows by the server's own count, once the data has been read to its end. */
  rows = 0;
  readonly #sql: string;
  readonly #pieces: Buffer[] = [];
  #socket: Socket | undefined;
  /** The one of `pg`, while ours stands in its place. */
  #theirs: Listener | undefined;
  #over = false;
  #failure: Error | undefined;
  #wake = nobody;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** The data; each chunk is valid until the next is asked for. Who stops before the end ends the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    const decoder = idle.pop() ?? new CopyDecoder();
    try {
      for (let piece = await this.#next(decoder.most); piece !== undefined; piece = await this.#next(decoder.most)) {
        const { data, consumed } = decoder.take(piece);
        if (consumed < piece.length) this.#giveBack(piece.subarray(consumed));
        else letGo(piece);
        if (data.length > 0) yield data;
      }
      idle.push(decoder);
    } finally {
      if (!this.#over) this.#socket?.destroy();
    }
  }

  /** Called by `pg` when it is this query's turn. */
  submit(connection: Connection): void {
    const socket = (connection as unknown as { readonly stream: Socket }).stream;
    const [theirs] = socket.listeners('data') as Listener[];
    if (theirs === undefined) throw new Error('nobody reads the connection');
    this.#socket = socket;
    this.#theirs = theirs;
    socket.removeListener('data', theirs);
    socket.on('data', this.#take);
    connection.query(this.#sql);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  handleError(error: Error): void {
    this.#failure ??= error;
    // Unless the server goes on (it tells that it is ready), there is nothing more to come.
    this.#wake();
  }

  handleReadyForQuery(): void {
    this.#over = true;
    this.#wake();
  }

  readonly #take: Listener = (piece) => {
    this.#pieces.push(piece);
    if (this.#pieces.length >= MOST_PIECES) this.#socket?.pause();
    this.#wake();
  };

  /** The next bytes, no more than so many; undefined when the server has ended the command. */
  async #next(most: number): Promise<Buffer | undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        if (piece.length <= most) return piece;
        this.#pieces.unshift(piece.subarray(most));
        return piece.subarray(0, most);
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#over) return undefined;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#socket?.resume();
      await woken;
    }
  }

  /** What is no data, and all that comes behind it, is for `pg` to read. */
  #giveBack(rest: Buffer): void {
    const theirs = this.#theirs;
    if (theirs === undefined || this.#socket === undefined) return;
    this.#socket.removeListener('data', this.#take);
    this.#socket.on('data', theirs);
    for (const piece of [rest, ...this.#pieces.splice(0)]) theirs(piece);
    this.#socket.resume();
  }
}
