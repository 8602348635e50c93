import type { Duplex } from 'node:stream';
import { type SourceContext, within } from '@esclusa/kit';
import type pg from 'pg';
import { backendPid, cancelBackend, connect } from './connection.ts';
import type { PostgresSettings } from './settings.ts';
import { beginReading, exportSnapshot } from './transaction.ts';

const CLOSE_TIMEOUT_MS = 2_000;

/** The connections of a session, all in one snapshot: the first, and more where a table is read by several readers. */
export class Connections {
  /** The one that plans and reads alone; another one once it was lost and {@link replace}d. */
  first: pg.Client;
  readonly #settings: PostgresSettings;
  readonly #context: SourceContext;
  readonly #others: pg.Client[] = [];
  /** The name under which each lends the snapshot, as long as its transaction goes on. Asked for beforehand: while a connection reads nothing can be asked of it. */
  readonly #lent = new WeakMap<pg.Client, string>();
  readonly #onAbort = (): void => {
    for (const client of [this.first, ...this.#others]) this.#cancel(client);
  };
  /** The server has refused another connection, or the snapshot to it: it is not asked again. */
  #alone = false;

  private constructor(first: pg.Client, settings: PostgresSettings, context: SourceContext) {
    this.first = first;
    this.#settings = settings;
    this.#context = context;
    if (context.signal.aborted) this.#onAbort();
    else context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Opens the first connection. */
  static async open(settings: PostgresSettings, context: SourceContext): Promise<Connections> {
    return new Connections(await connect(settings, context.applicationName), settings, context);
  }

  /** As many connections as wanted, or as many as can be had: a server may have no slot left, or another host may stand behind the same name. */
  async several(wanted: number): Promise<readonly pg.Client[]> {
    try {
      await this.#open(this.#alone ? 0 : wanted - this.#others.length - 1);
    } catch (error) {
      const { output, signal } = this.#context;
      signal.throwIfAborted();
      this.#alone = true;
      output.log('warn', `fewer readers than wanted: ${(error as Error).message}`, { event: 'fewer-readers', readers: this.#others.length + 1, wanted });
    }
    return [this.first, ...this.#others].slice(0, wanted);
  }

  /** A connection in place of one that was lost, in the same snapshot: that of any other which is there still. Undefined where there is none, or the server does not let it in. */
  async replace(lost: pg.Client): Promise<pg.Client | undefined> {
    const { signal, output } = this.#context;
    destroySocket(lost);
    const holder = [this.first, ...this.#others].find((client) => client !== lost && isOpen(client) && this.#lent.has(client));
    if (signal.aborted || holder === undefined) return undefined;
    try {
      const client = await this.#join(this.#lent.get(holder));
      this.#others.splice(this.#others.indexOf(lost === this.first ? client : lost), 1);
      if (lost === this.first) this.first = client;
      return client;
    } catch (error) {
      output.log('warn', `the connection could not be replaced: ${(error as Error).message}`, { event: 'not-replaced' });
      return undefined;
    }
  }

  /** Opens so many more, in the first one's snapshot. */
  async #open(count: number): Promise<void> {
    if (count <= 0) return;
    const snapshot = this.#lent.get(this.first) ?? (await exportSnapshot(this.first));
    this.#lent.set(this.first, snapshot);
    for (let opened = 0; opened < count; opened++) await this.#join(snapshot);
  }

  /** Opens another one, in a snapshot that one of them lends. */
  async #join(snapshot: string | undefined): Promise<pg.Client> {
    const client = await connect(this.#settings, this.#context.applicationName);
    // Known from here on to whoever cancels and closes.
    this.#others.push(client);
    this.#context.signal.throwIfAborted();
    try {
      await beginReading(client, snapshot);
      this.#lent.set(client, await exportSnapshot(client));
      return client;
    } catch (error) {
      this.#others.splice(this.#others.indexOf(client), 1);
      await close(client);
      throw error;
    }
  }

  /** Ends all of them; never rejects, and is done within seconds. */
  async close(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    await Promise.all([this.first, ...this.#others].map(close));
  }

  /** When the job has to stop: cancel the query at the server, then cut the connection, so that neither side is left hanging. */
  #cancel(client: pg.Client): void {
    const pid = backendPid(client);
    const cancelled = pid === undefined ? Promise.resolve() : cancelBackend(this.#settings, pid);
    cancelled
      .catch((error: Error) => this.#context.output.log('warn', `the query could not be cancelled at the server: ${error.message}`))
      .finally(() => destroySocket(client));
  }
}

function destroySocket(client: pg.Client): void {
  streamOf(client).destroy();
}

/** Whether nobody has seen it end. */
function isOpen(client: pg.Client): boolean {
  const { destroyed, readableEnded } = streamOf(client);
  return !destroyed && !readableEnded;
}

function streamOf(client: pg.Client): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream;
}

/** A polite goodbye, and a cut connection if the server doesn't answer it. */
async function close(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, client.end());
  destroySocket(client);
}
