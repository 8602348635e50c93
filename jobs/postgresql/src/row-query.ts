import { Buffer } from 'node:buffer';
import type { Piece } from '@esclusa/kit';
import type { Connection, Submittable } from 'pg';
import type { RowEncoder } from './row-encoder.ts';
import type { BytesReader, Tap } from './tap.ts';
import type { ValueFormat } from './kinds.ts';

/** The part of the connection's methods that its types leave out: the messages of the extended protocol. */
interface Extended {
  parse(message: { readonly text: string }): void;
  execute(message: object): void;
  sync(): void;
}

const nobody = (): void => undefined;

/** A query whose rows become CSV. */
export interface RowQueryOptions {
  readonly sql: string;
  /** How the values of each column are to come. */
  readonly formats: readonly ValueFormat[];
  readonly tap: Tap;
  readonly encoder: RowEncoder;
}

/**
 * A SELECT as a query of `pg` (`client.query(new RowQuery(…))`) whose rows are read from the socket's bytes, since an object for each would cost more
 * than all that is done with it later. The extended protocol takes one statement and no more. Whatever is no row is left to `pg`.
 */
export class RowQuery implements Submittable, BytesReader {
  /** Rows by the server's own count, once they have been read to their end. */
  rows = 0;
  readonly #options: RowQueryOptions;
  readonly #ready: Piece[] = [];
  /** Whether the socket waits until there is room for a chunk. */
  #full = false;
  #over = false;
  #failure: Error | undefined;
  #wake = nobody;

  constructor(options: RowQueryOptions) {
    this.#options = options;
  }

  /** The CSV. Who stops before the end ends the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Piece, void> {
    try {
      for (;;) {
        const piece = this.#ready.shift();
        if (piece !== undefined) yield piece;
        else if (this.#failure !== undefined) throw this.#failure;
        else if (this.#over) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (!this.#over) this.#options.tap.destroy();
    }
  }

  /** Called by `pg` when it is this query's turn. */
  submit(connection: Connection): void {
    const { tap, encoder, formats, sql } = this.#options;
    encoder.begin(formats);
    // Chunks of a query before may be out still.
    encoder.onRoom = this.#onRoom;
    tap.begin(this);
    const { stream } = connection as unknown as { readonly stream: { cork(): void; uncork(): void; write(bytes: Buffer): void } };
    const extended = connection as unknown as Extended;
    stream.cork();
    extended.parse({ text: sql });
    stream.write(bindMessage(formats));
    extended.execute({});
    extended.sync();
    stream.uncork();
  }

  get input(): Uint8Array {
    return this.#options.encoder.input;
  }

  received(count: number): boolean {
    this.#options.encoder.received(count);
    return this.#encode();
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.rows = Number(/(\d+)$/.exec(text)?.[1] ?? 0);
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

  /** Encodes what there is; says whether more may come. */
  #encode(): boolean {
    const { encoder, tap } = this.#options;
    const why = encoder.encode(this.#keep);
    this.#full = why === 'full';
    if (why === 'full' || why === 'starved') return why === 'starved';
    const last = encoder.take();
    if (last !== undefined) this.#keep(last);
    if (why === 'broken') {
      this.handleError(new Error('the server sent a row that is not as the protocol says'));
      tap.destroy();
    } else tap.end(encoder.rest());
    return true;
  }

  readonly #keep = (piece: Piece): void => {
    this.#ready.push(piece);
    this.#wake();
  };

  readonly #onRoom = (): void => {
    if (this.#full && this.#encode() && !this.#over) this.#options.tap.more();
  };
}

/** Bind without parameters, with a format for each column, which `pg` has no word for (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
function bindMessage(formats: readonly ValueFormat[]): Buffer {
  // Names of portal and statement, both none, and the numbers of parameters' formats and of parameters.
  const head = 'B'.length + 4 + 2 + 2 * 2;
  const message = Buffer.alloc(head + 2 + 2 * formats.length);
  message.write('B', 'latin1');
  message.writeUInt32BE(message.length - 1, 1);
  message.writeUInt16BE(formats.length, head);
  formats.forEach((format, column) => message.writeUInt16BE(format === 'text' ? 0 : 1, head + 2 + 2 * column));
  return message;
}
