import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { letGo } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { socketOf } from '../connection.ts';
import type { Kind } from '../kinds.ts';
import type { RowEncoder } from './encoder.ts';
import { Packets, type Parser } from './packets.ts';

/** The part of mysql2's connection that is taken over: who gets the bytes of its socket, and which number the next packet has. */
interface Taken {
  packetParser: Parser;
  sequenceId: number;
}

/** Who is told by a wire. */
export interface Listener {
  /** The kinds of the columns where the next packet is a row of the query's result, or undefined. */
  kinds(): readonly Kind[] | undefined;
  /** CSV of rows; `free` is to be called when its bytes are needed no more. */
  chunk(bytes: Buffer, free: () => void): void;
  /** Rows were written by the wire; before that, what others wrote is to be told. */
  flush(): void;
}

const NOTHING = Buffer.alloc(0);
const SEQUENCE_IDS = 256;

/**
 * Stands between a connection's socket and mysql2's parser while one query is read: rows go to the encoder, every other packet to mysql2, which
 * sees a result of fewer rows. TLS makes no difference, since it is the bytes within it.
 */
export class Wire implements Parser {
  readonly #connection: Taken;
  readonly #socket: Socket;
  readonly #parser: Parser;
  readonly #packets: Packets;
  readonly #listener: Listener;
  readonly #encoder: RowEncoder;
  /** Rows that the encoder had written for others. */
  readonly #before: number;
  #begun = false;
  /** Read from the socket and taken by nobody. */
  #held: Buffer = NOTHING;
  /** Whether the encoder has packets that it had no room to write. */
  #full = false;
  #told = 0;

  constructor(connection: Connection, encoder: RowEncoder, listener: Listener) {
    this.#connection = connection as unknown as Taken;
    this.#socket = socketOf(connection);
    this.#parser = this.#connection.packetParser;
    this.#packets = new Packets(this.#parser);
    this.#listener = listener;
    this.#encoder = encoder;
    this.#before = encoder.rows;
    this.#connection.packetParser = this;
  }

  /** Rows that were written here. */
  get rows(): number {
    return this.#encoder.rows - this.#before;
  }

  /** Gives the connection back. */
  end(): void {
    this.#connection.packetParser = this.#parser;
  }

  /** Takes what was read from the socket. */
  execute(bytes: Buffer): void {
    // Who reads the chunks is behind: the server is held back.
    if (this.waits) this.#socket.pause();
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.work();
  }

  /** Whether bytes wait until a chunk is given back. */
  get waits(): boolean {
    return this.#full || this.#held.length > 0;
  }

  /** Goes on with what waits. */
  work(): void {
    while (this.waits) {
      const kinds = this.#packets.within ? undefined : this.#listener.kinds();
      if (kinds === undefined) this.#held = this.#held.subarray(this.#packets.feed(this.#held));
      else {
        if (!this.#begun) this.#encoder.begin(kinds);
        this.#begun = true;
        if (!this.#encoder.ready) return;
        this.#encode();
      }
    }
  }

  #encode(): void {
    const encoder = this.#encoder;
    this.#listener.flush();
    const held = this.#held;
    const taken = encoder.put(held);
    this.#held = taken < held.length ? held.subarray(taken) : NOTHING;
    // But for one whose beginning mysql2 was given and may still have.
    if (held.length > 0 && this.#held === NOTHING) letGo(held);
    const why = encoder.encode();
    this.#full = why === 'full';
    if (why === 'starved') return;
    const chunk = encoder.take();
    if (chunk !== undefined) this.#listener.chunk(chunk, () => encoder.free(chunk));
    if (why === 'other') this.#toMysql2();
  }

  /** The next packet is for mysql2, which is told how many it has not seen. */
  #toMysql2(): void {
    this.#held = Buffer.concat([this.#encoder.giveBack(), this.#held]);
    const { rows } = this;
    this.#connection.sequenceId = (this.#connection.sequenceId + rows - this.#told) % SEQUENCE_IDS;
    this.#told = rows;
    this.#held = this.#held.subarray(this.#packets.feed(this.#held));
  }
}
