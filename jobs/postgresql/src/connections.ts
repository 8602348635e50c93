import { type SourceContext, within } from '@esclusa/kit';
import type pg from 'pg';
import { backendPid, cancelBackend, connect } from './connection.ts';
import type { PostgresSettings } from './settings.ts';
import { beginReading, exportSnapshot } from './transaction.ts';

const CLOSE_TIMEOUT_MS = 2_000;

/** The connections of a session, all in one snapshot: the first, and more where a table is read by several readers. */
export class Connections {
  readonly first: pg.Client;
  readonly #settings: PostgresSettings;
  readonly #context: SourceContext;
  readonly #others: pg.Client[] = [];
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

  /** Opens so many more, in the first one's snapshot. */
  async #open(count: number): Promise<void> {
    if (count <= 0) return;
    const snapshot = await exportSnapshot(this.first);
    for (let opened = 0; opened < count; opened++) {
      const client = await connect(this.#settings, this.#context.applicationName);
      // Known from here on to whoever cancels and closes.
      this.#others.push(client);
      this.#context.signal.throwIfAborted();
      try {
        await beginReading(client, snapshot);
      } catch (error) {
        this.#others.pop();
        await close(client);
        throw error;
      }
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
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** A polite goodbye, and a cut connection if the server doesn't answer it. */
async function close(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, client.end());
  destroySocket(client);
}
