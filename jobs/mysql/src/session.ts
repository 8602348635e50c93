import type { DatasetState } from '@esclusa/contract';
import { type DatasetReader, type Losses, type PlannedDataset, type SourceContext, type SourceSession, nameDatasets, readersWanted } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { listTables, mayRead, type Selection, select } from './catalog.ts';
import { ask } from './connection.ts';
import { Connections, type Reader, prepare } from './connections.ts';
import type { Dataset } from './dataset.ts';
import { sourceError } from './failure.ts';
import { readInRanges } from './parallel.ts';
import { takeSnapshot } from './position.ts';
import { readRows } from './rows.ts';
import { type SharedSnapshot, type SharedTable, shareSnapshot } from './same-snapshot.ts';
import { type MysqlSettings, readSettings } from './settings.ts';
import { SnapshotReport } from './snapshot.ts';

/** Opens a connection, pins its settings and fixes the one snapshot that every dataset is read from. */
export async function openSession(context: SourceContext): Promise<SourceSession<Dataset>> {
  const settings = readSettings(context.settings);
  const connections = await Connections.open(settings, context);
  const session = new MysqlSession(connections, settings, context);
  try {
    await session.begin();
    context.signal.throwIfAborted();
    return session;
  } catch (error) {
    await session.close();
    throw sourceError(error, 'preparing the connection', 'SOURCE_LOST');
  }
}

const NOW = "date_format(utc_timestamp(6), '%Y-%m-%dT%H:%i:%s.%fZ')";

/** What the server says of itself. */
interface ServerInfo {
  readonly version: string;
  readonly comment: string;
  readonly taken_at: string;
}

class MysqlSession implements SourceSession<Dataset> {
  info: SourceSession<Dataset>['info'] = {};
  readonly #connections: Connections;
  readonly #connection: Connection;
  readonly #settings: MysqlSettings;
  readonly #context: SourceContext;
  #report: SnapshotReport | undefined;
  /** Whether the server tells where a snapshot is, by which two may be known to be the same. */
  #tellsPosition = false;
  /** Tables of datasets that several readers should read. */
  readonly #tables: SharedTable[] = [];
  #shared: Promise<SharedSnapshot> | undefined;

  constructor(connections: Connections, settings: MysqlSettings, context: SourceContext) {
    this.#connections = connections;
    this.#connection = connections.first.connection;
    this.#settings = settings;
    this.#context = context;
  }

  get snapshot(): SourceSession<Dataset>['snapshot'] {
    return this.#report?.toJSON() ?? { consistency: 'none' };
  }

  /** Fixes the snapshot. */
  async begin(): Promise<void> {
    const { output } = this.#context;
    await prepare(this.#connection);
    const position = await takeSnapshot(this.#connection);
    const [server] = await ask<ServerInfo>(this.#connection, `select @@version as version, @@version_comment as comment, ${NOW} as taken_at`);
    if (server === undefined) throw new Error('the server told nothing of itself');
    const name = /mariadb/i.test(`${server.version} ${server.comment}`) ? 'MariaDB' : 'MySQL';
    const database = this.#settings.MYSQL_DATABASE;
    this.#tellsPosition = position.binlog !== undefined;
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

  async plan(name: string, dataset: Dataset, state?: DatasetState): Promise<PlannedDataset> {
    try {
      const selection = await select(this.#connection, this.#settings.MYSQL_DATABASE, name, dataset, { state, isRun: this.#context.mode === 'run' });
      this.#report?.reads(selection.reads);
      const { sql: query, floats: _floats, raw: _raw, checked: _checked, reads: _reads, keyed, ...planned } = selection;
      const readers = keyed === undefined ? 1 : readersWanted(dataset.readers, keyed.bytes);
      const lock = dataset.lock ?? false;
      if (keyed !== undefined && readers > 1 && (dataset.readers !== undefined || lock || this.#tellsPosition)) {
        this.#tables.push({ dataset: name, name: keyed.name, readers, bytes: keyed.bytes, lock });
      }
      return { ...planned, query, read: (losses) => this.#read(name, selection, readers, losses) };
    } catch (error) {
      throw sourceError(error, `dataset "${name}"`, 'SOURCE_LOST');
    }
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  #read(dataset: string, selection: Selection, wanted: number, losses: Losses): DatasetReader {
    // The name stands in the server's process list, so that its operators see whose query runs.
    const comment = `/* ${this.#context.applicationName.replaceAll('*/', '* /')} */`;
    const { output } = this.#context;
    let reading: DatasetReader | undefined;
    const begin = async (): Promise<DatasetReader> => {
      const { keyed: table, sql, ...query } = selection;
      const readers = await this.#readersOf(dataset, wanted);
      return table === undefined || readers.length === 1
        ? readRows(this.#connections.first, { ...query, sql: `${comment} ${sql}` }, { dataset, losses })
        : readInRanges({ readers, table, query, comment, output, dataset, losses });
    };
    return {
      rows: () => reading?.rows() ?? 0,
      async *[Symbol.asyncIterator]() {
        reading = await begin();
        yield* reading;
      },
    };
  }

  /** The connections that read a dataset. The first dataset to be read has all of them take their snapshot: by then every one is planned. */
  async #readersOf(dataset: string, wanted: number): Promise<readonly Reader[]> {
    const alone = [this.#connections.first];
    if (this.#tables.length === 0) return alone;
    const { readers, datasets } = await (this.#shared ??= this.#share());
    return datasets.has(dataset) ? readers.slice(0, wanted) : alone;
  }

  async #share(): Promise<SharedSnapshot> {
    try {
      const shared = await shareSnapshot(this.#connections, this.#tables, this.#context.output);
      const [now] = await ask<{ taken_at: string }>(this.#connection, `select ${NOW} as taken_at`);
      this.#report?.takenAgain({ takenAt: now?.taken_at ?? '', ...shared.position });
      return shared;
    } catch (error) {
      throw sourceError(error, 'taking one snapshot for several readers', 'SOURCE_LOST');
    }
  }
}
