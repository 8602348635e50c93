import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import type pg from 'pg';
import { MAX_MESSAGE_BYTES, MessageBound } from './message-bound.ts';

/** Who reads a connection's bytes in place of `pg`. */
export interface BytesReader {
  /** Where the socket may put bytes; as long as the reader wants some. */
  readonly input: Uint8Array;
  /** So many bytes stand at the beginning of `input`; says whether more may come. After false it calls {@link Tap.more}. */
  received(count: number): boolean;
}

/** What the socket puts bytes into that are for `pg`. */
const PG_BYTES = 64 * 1024;

type Listener = (chunk: Buffer) => void;

const taps = new WeakMap<pg.Client, Tap>();

/** The tap of a client that was made by {@link tapped}. */
export function tapOf(client: pg.Client): Tap {
  const tap = taps.get(client);
  if (tap === undefined) throw new Error('the connection has no tap');
  return tap;
}

/** Makes a client whose bytes can be taken. Without TLS the socket puts them where its reader wants them; with TLS they come as pieces and are copied there. */
export function tapped(tls: boolean, make: (stream: (() => Socket) | undefined) => pg.Client): pg.Client {
  const tap = new Tap();
  const client = make(tls ? undefined : () => tap.socket());
  tap.client = client;
  taps.set(client, tap);
  // By then `pg` listens; before TLS it waits for one byte that is no message.
  const { connection } = client as unknown as { readonly connection: NodeJS.EventEmitter };
  connection.once(tls ? 'sslconnect' : 'connect', () => tap.bound());
  return client;
}

/** Stands at a connection's socket and gives its bytes to `pg`, or to a reader of ours as long as there is one. */
export class Tap {
  client: pg.Client | undefined;
  #own: Socket | undefined;
  #reader: BytesReader | undefined;
  /** With TLS: the listener of `pg`, while ours stands in its place; and what came when the reader wanted nothing. */
  #theirs: Listener | undefined;
  #held: Buffer[] = [];

  /** A socket that puts bytes where they are wanted. */
  socket(): Socket {
    const forPg = Buffer.allocUnsafeSlow(PG_BYTES);
    const socket: Socket = new Socket({
      // The types know no function here, the documentation of net does.
      onread: {
        buffer: (() => this.#reader?.input ?? forPg) as unknown as Uint8Array,
        callback: (count, buffer) => this.#received(socket, count, buffer),
      },
    });
    this.#own = socket;
    return socket;
  }

  /** Cuts the connection where the server announces a message that `pg` would hold in memory, however long it is. */
  bound(): void {
    const socket = this.#stream();
    const [theirs] = socket.listeners('data') as Listener[];
    if (theirs === undefined) return;
    const bound = new MessageBound();
    socket.removeListener('data', theirs);
    socket.on('data', (bytes: Buffer) => {
      if (bound.keeps(bytes)) theirs.call(socket, bytes);
      else socket.destroy(new Error(`the server's messages are not those of PostgreSQL, or longer than ${MAX_MESSAGE_BYTES / 1024 / 1024} MiB`));
    });
  }

  /** Gives the bytes to a reader from now on. */
  begin(reader: BytesReader): void {
    this.#reader = reader;
    if (this.#own !== undefined) return;
    const socket = this.#stream();
    const [theirs] = socket.listeners('data') as Listener[];
    if (theirs === undefined) throw new Error('nobody reads the connection');
    this.#theirs = theirs;
    socket.removeListener('data', theirs);
    socket.on('data', this.#take);
  }

  /** The reader wants more. */
  more(): void {
    if (this.#own === undefined) this.#giveHeld();
    if (this.#held.length === 0) this.#stream().resume();
  }

  /** Gives the bytes to `pg` again, first those that the reader has left. */
  end(rest: Uint8Array): void {
    this.#reader = undefined;
    const socket = this.#stream();
    const pieces = [Buffer.from(rest), ...this.#held.splice(0)];
    if (this.#own === undefined) {
      socket.removeListener('data', this.#take);
      if (this.#theirs !== undefined) socket.on('data', this.#theirs);
    }
    for (const piece of pieces) socket.emit('data', piece);
    socket.resume();
  }

  /** Ends the connection. */
  destroy(): void {
    this.#stream().destroy();
  }

  #stream(): Socket {
    return (this.client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
  }

  /** `buffer` was asked for before these bytes came, when the reader may have been another. */
  #received(socket: Socket, count: number, buffer: Uint8Array): boolean {
    const reader = this.#reader;
    const bytes = buffer.subarray(0, count);
    if (reader === undefined) {
      socket.emit('data', Buffer.from(bytes));
      return true;
    }
    if (buffer !== reader.input) reader.input.set(bytes);
    return reader.received(count);
  }

  readonly #take: Listener = (piece) => {
    this.#held.push(piece);
    this.#giveHeld();
    if (this.#held.length > 0) this.#stream().pause();
  };

  /** Gives the reader what is held, as long as it wants some. */
  #giveHeld(): void {
    for (let wants = true; wants && this.#reader !== undefined;) {
      const { input } = this.#reader;
      const piece = this.#held.shift();
      if (piece === undefined) return;
      if (piece.length > input.length) this.#held.unshift(piece.subarray(input.length));
      const now = piece.subarray(0, input.length);
      input.set(now);
      wants = this.#reader.received(now.length);
    }
  }
}
