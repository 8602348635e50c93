import { type Losses, type PlannedDataset, type SourceContext, type SourceSession, nameDatasets } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { listTables, mayRead, type Selection, select } from './catalog.ts';
import { ask, connect, cut, killQuery, sayGoodbye } from './connection.ts';
import type { Dataset } from './dataset.ts';
import { sourceError } from './failure.ts';
import { pin } from './pin.ts';
import { readRows } from './rows.ts';
import { type MysqlSettings, readSettings } from './settings.ts';
import { takeSnapshot } from './position.ts';
import { SnapshotReport } from './snapshot.ts';

/** Opens a connection, pins its settings and fixes the one snapshot that every dataset is read from. */
export async function openSession(context: SourceContext): Promise<SourceSession<Dataset>> {
  const settings = readSettings(context.settings);
  const connection = await connect(settings, context.applicationName);
  const session = new MysqlSession(connection, settings, context);
  try {
    await session.begin();
    context.signal.throwIfAborted();
    return session;
  } catch (error) {
    await session.close();
    throw sourceError(error, 'preparing the connection', 'SOURCE_LOST');
  }
}

/** What the server says of itself. */
interface ServerInfo {
  readonly version: string;
  readonly comment: string;
  readonly taken_at: string;
}

class MysqlSession implements SourceSession<Dataset> {
  info: SourceSession<Dataset>['info'] = {};
  readonly #connection: Connection;
  readonly #settings: MysqlSettings;
  readonly #context: SourceContext;
  readonly #onAbort = (): void => void this.#end();
  #report: SnapshotReport | undefined;
  #reading = false;
  #ended: Promise<void> | undefined;

  constructor(connection: Connection, settings: MysqlSettings, context: SourceContext) {
    this.#connection = connection;
    this.#settings = settings;
    this.#context = context;
    context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get snapshot(): SourceSession<Dataset>['snapshot'] {
    return this.#report?.toJSON() ?? { consistency: 'none' };
  }

  /** Fixes the snapshot. */
  async begin(): Promise<void> {
    const { output } = this.#context;
    await pin(this.#connection);
    await ask(this.#connection, 'set session transaction isolation level repeatable read');
    const position = await takeSnapshot(this.#connection);
    const [server] = await ask<ServerInfo>(
      this.#connection,
      `select @@version as version, @@version_comment as comment, date_format(utc_timestamp(6), '%Y-%m-%dT%H:%i:%s.%fZ') as taken_at`,
    );
    if (server === undefined) throw new Error('the server told nothing of itself');
    const name = /mariadb/i.test(`${server.version} ${server.comment}`) ? 'MariaDB' : 'MySQL';
    const database = this.#settings.MYSQL_DATABASE;
    this.info = { server: name, version: server.version, database };
    this.#report = await SnapshotReport.begin(this.#connection, { takenAt: server.taken_at, ...position }, output);
    output.log('info', `connected to ${name} ${server.version}`, { event: 'connected', database });
  }

  async list(): Promise<Record<string, Dataset>> {
    const { MYSQL_DATABASE: database } = this.#settings;
    const readable: [string, Dataset][] = [];
    for (const table of await listTables(this.#connection, database)) {
      if (await mayRead(this.#connection, database, table)) readable.push([table, { table }]);
      else this.#context.output.log('warn', `the table "${table}" is passed over: the user may not read it, or it is a broken view`, { table });
    }
    return nameDatasets(readable);
  }

  async plan(name: string, dataset: Dataset): Promise<PlannedDataset> {
    try {
      const selection = await select(this.#connection, this.#settings.MYSQL_DATABASE, name, dataset);
      this.#report?.reads(selection.reads);
      const { sql: query, floats: _floats, raw: _raw, checked: _checked, reads: _reads, ...planned } = selection;
      return { ...planned, query, read: (losses) => this.#read(name, selection, losses) };
    } catch (error) {
      throw sourceError(error, `dataset "${name}"`, 'SOURCE_LOST');
    }
  }

  async close(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    await this.#end();
  }

  #read(dataset: string, selection: Selection, losses: Losses) {
    this.#reading = true;
    // The name stands in the server's process list, so that its operators see whose query runs.
    const comment = `/* ${this.#context.applicationName.replaceAll('*/', '* /')} */`;
    return readRows(this.#connection, { ...selection, sql: `${comment} ${selection.sql}` }, { dataset, losses, onEnd: () => (this.#reading = false) });
  }

  /** Ends a query that runs at the server, which would go on without us until it had something to send; then the connection. */
  #end(): Promise<void> {
    this.#ended ??= (async () => {
      const { threadId } = this.#connection;
      const busy = this.#reading || this.#context.signal.aborted;
      if (!busy) return sayGoodbye(this.#connection);
      await killQuery(this.#settings, threadId);
      cut(this.#connection);
    })();
    return this.#ended;
  }
}
