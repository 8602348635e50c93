import type { SourceContext } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { ask, connect, cut, killQuery, sayGoodbye } from './connection.ts';
import { pin } from './pin.ts';
import type { MysqlSettings } from './settings.ts';
import { RowEncoder } from './wire/encoder.ts';

/** A connection that reads, one query after the other. */
export class Reader {
  readonly connection: Connection;
  /** Whether a query that it reads may run at the server. */
  busy = false;
  #encoder: RowEncoder | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  get encoder(): RowEncoder {
    return (this.#encoder ??= new RowEncoder());
  }
}

/** The connections of a session: the first, and more where a table is read by several readers. */
export class Connections {
  readonly first: Reader;
  readonly #settings: MysqlSettings;
  readonly #context: SourceContext;
  #others: Reader[] = [];
  readonly #helpers = new Set<Connection>();
  #ended: Promise<void> | undefined;
  readonly #onAbort = (): void => void this.#end();

  private constructor(first: Reader, settings: MysqlSettings, context: SourceContext) {
    this.first = first;
    this.#settings = settings;
    this.#context = context;
    context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Opens the first connection. */
  static async open(settings: MysqlSettings, context: SourceContext): Promise<Connections> {
    return new Connections(new Reader(await connect(settings, context.applicationName)), settings, context);
  }

  /** Opens so many more, pinned like the first; rejects when the server refuses one. */
  async add(count: number): Promise<readonly Reader[]> {
    for (let opened = 0; opened < count; opened++) {
      const reader = new Reader(await this.#connect());
      this.#others.push(reader);
      await prepare(reader.connection);
    }
    return this.#others;
  }

  /** Lets go of all but the first. */
  async drop(): Promise<void> {
    const others = this.#others;
    this.#others = [];
    await Promise.all(others.map(({ connection }) => sayGoodbye(connection)));
  }

  /** A connection that reads nothing, up to {@link dismiss}. */
  async help(): Promise<Connection> {
    const connection = await this.#connect();
    this.#helpers.add(connection);
    return connection;
  }

  async dismiss(connection: Connection): Promise<void> {
    this.#helpers.delete(connection);
    await sayGoodbye(connection);
  }

  throwIfAborted(): void {
    this.#context.signal.throwIfAborted();
  }

  /** Ends all of them; never rejects, and is done within seconds. */
  async close(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    await this.#end();
  }

  /** Another connection, which whoever ends them all is to know at once; too late, it is cut. */
  async #connect(): Promise<Connection> {
    const connection = await connect(this.#settings, this.#context.applicationName);
    if (this.#context.signal.aborted) cut(connection);
    this.throwIfAborted();
    return connection;
  }

  /** Ends queries that run at the server, which would go on without us until they had something to send; then the connections. */
  #end(): Promise<void> {
    for (const connection of this.#helpers) cut(connection);
    this.#ended ??= Promise.all(
      [this.first, ...this.#others].map(async ({ connection, busy }) => {
        if (!busy && !this.#context.signal.aborted) return sayGoodbye(connection);
        await killQuery(this.#settings, connection.threadId);
        cut(connection);
      }),
    ).then(() => undefined);
    return this.#ended;
  }
}

/** Sets a connection up for reading, up to the snapshot that it has to take. */
export async function prepare(connection: Connection): Promise<void> {
  await pin(connection);
  await ask(connection, 'set session transaction isolation level repeatable read');
}
