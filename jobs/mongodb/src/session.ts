import { type DatasetState, JobError } from '@esclusa/contract';
import { type DatasetReader, type Losses, type PlannedDataset, type SourceContext, type SourceSession, nameDatasets, within } from '@esclusa/kit';
import { type ClientSession, type Db, type FindOptions, type MongoClient, type Timestamp, type Abortable } from 'mongodb';
import { batchSize, batchesOf } from './batches.ts';
import { type PlannedColumns, discoveredColumns, namedColumns, typedColumns } from './columns.ts';
import { type Server, ask, connect } from './connection.ts';
import type { Dataset } from './dataset.ts';
import { sourceError } from './failure.ts';
import { filterOf } from './filter.ts';
import { type IncrementWanted, type MongoIncrement, planIncrement } from './increment.ts';
import { parsePath, projectionFor } from './paths.ts';
import { readDocuments } from './reader.ts';
import { type MongoSettings, readSettings } from './settings.ts';

// In `check` and `plan` columns are those of some documents: all would be a pass over the data.
const SAMPLE = 1_000;
// A session lives for 30 minutes without a word, and its cursors with it.
const REFRESH_MS = 5 * 60_000;
const END_MS = 3_000;

/** Opens a connection and, where the server has them, the one snapshot that every dataset is read from. */
export async function openSession(context: SourceContext): Promise<SourceSession<Dataset>> {
  const settings = readSettings(context.settings);
  const client = await connect(settings, context.applicationName);
  try {
    const session = new MongoSession(client, settings, context, await ask(client));
    await session.begin();
    context.signal.throwIfAborted();
    return session;
  } catch (error) {
    await within(END_MS, client.close(true));
    throw sourceError(error, 'preparing the connection', 'SOURCE_LOST');
  }
}

class MongoSession implements SourceSession<Dataset> {
  readonly info: SourceSession<Dataset>['info'];
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #context: SourceContext;
  readonly #server: Server;
  readonly #session: ClientSession | undefined;
  readonly #over = new AbortController();
  readonly #onAbort = (): void => void this.#end();
  #refreshing: NodeJS.Timeout | undefined;
  #ended: Promise<void> | undefined;

  constructor(client: MongoClient, settings: MongoSettings, context: SourceContext, server: Server) {
    const { MONGO_DATABASE: database, MONGO_CONSISTENCY: consistency } = settings;
    if (!server.snapshots && consistency === 'require') {
      throw new JobError(
        'CONFIG_INVALID',
        'MONGO_CONSISTENCY is "require", and the server keeps no snapshots: it must be a replica set or a sharded cluster of MongoDB 5 or newer; or set MONGO_CONSISTENCY=prefer',
        { details: { field: 'MONGO_CONSISTENCY' } },
      );
    }
    this.#client = client;
    this.#db = client.db(database);
    this.#context = context;
    this.#server = server;
    this.#session = server.snapshots ? client.startSession({ snapshot: true }) : undefined;
    this.info = { server: 'MongoDB', version: server.version, database, snapshots: server.snapshots };
    context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get snapshot(): SourceSession<Dataset>['snapshot'] {
    const takenAt = this.#server.time.toISOString();
    if (this.#session === undefined) return { consistency: 'none', takenAt, why: 'the server is no replica set: it keeps no snapshots' };
    // Set by the first read; the driver's types leave it out.
    const { snapshotTime: at } = this.#session as unknown as { readonly snapshotTime?: Timestamp };
    return { consistency: 'snapshot', takenAt, ...(at === undefined ? {} : { clusterTime: { t: at.getHighBits() >>> 0, i: at.getLowBits() >>> 0 } }) };
  }

  /** Fixes the snapshot, which is that of the session's first read. */
  async begin(): Promise<void> {
    const { output } = this.#context;
    const { version, database } = this.info;
    output.log('info', `connected to MongoDB ${String(version)}`, { event: 'connected', database });
    const session = this.#session;
    if (session === undefined) {
      output.log('warn', 'the server is no replica set and keeps no snapshots: what is written during the run may be in some datasets and not in others', {
        event: 'no-snapshot',
      });
      return;
    }
    for (const { name } of await this.#collections()) {
      try {
        await this.#db.collection(name).findOne({}, { ...this.#options(), projection: { _id: 1 } });
        break;
      } catch (error) {
        const failure = sourceError(error, 'taking the snapshot', 'SOURCE_LOST');
        if (failure.code === 'SOURCE_LOST') throw failure;
        // One that can't be read so (a capped collection, a view that is broken) is for its own dataset to tell; the next will do.
      }
    }
    this.#refreshing = setInterval(() => {
      // A cursor that is held back for long must not die of it; a failure shows at the cursor's next batch.
      this.#client
        .db('admin')
        .command({ refreshSessions: [session.id] })
        .catch(() => undefined);
    }, REFRESH_MS).unref();
  }

  async list(): Promise<Record<string, Dataset>> {
    try {
      return nameDatasets((await this.#collections()).map(({ name }) => [name, { collection: name }]));
    } catch (error) {
      throw sourceError(error, 'listing the collections', 'SOURCE_LOST');
    }
  }

  async plan(name: string, dataset: Dataset, state?: DatasetState): Promise<PlannedDataset> {
    const collection = dataset.collection ?? name;
    try {
      if (!(await this.#collections()).some((found) => found.name === collection)) {
        throw new JobError(
          'DATASET_NOT_FOUND',
          `dataset "${name}": the collection "${collection}" does not exist in the database, or the user may not read it; check "collection" in the pipeline, MONGO_DATABASE, and the user's roles`,
          { details: { dataset: name, collection } },
        );
      }
      const size = await this.#size(collection);
      const increment = await this.#increment(name, collection, dataset, state);
      const planned = await this.#columns(name, collection, dataset, batchSize(size), increment);
      return {
        columns: planned.columns,
        omittedColumns: planned.omittedColumns,
        schemaless: true,
        ...(increment === undefined ? {} : { increment }),
        ...size,
        read: (losses) => this.#read(name, collection, dataset, planned, { batchSize: batchSize(size), increment }, losses),
      };
    } catch (error) {
      throw sourceError(error, `dataset "${name}"`, 'SOURCE_LOST');
    }
  }

  async close(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    await this.#end();
  }

  async #collections(): Promise<{ name: string; type?: string }[]> {
    const found = await this.#db.listCollections({}, { nameOnly: true, authorizedCollections: true }).toArray();
    return found.filter(({ name }) => !name.startsWith('system.')).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The named columns, or those that the documents have; either way of a pass over all of them where their types must be known. */
  async #columns(name: string, collection: string, dataset: Dataset, batchSize: number, increment?: MongoIncrement): Promise<PlannedColumns> {
    const named = dataset.columns === undefined ? undefined : namedColumns(name, dataset.columns);
    // The values of a CSV tell their columns' types as they are read.
    if (named !== undefined && dataset.format !== 'parquet') return named;
    const projection = named?.paths === undefined ? undefined : projectionFor(named.paths);
    const documents = batchesOf(
      this.#db.collection(collection).find(filterOf({ filter: dataset.filter }, increment?.filter), {
        ...this.#options(),
        ...(this.#context.mode === 'run' ? {} : { limit: SAMPLE }),
        ...(projection === undefined ? {} : { projection }),
        batchSize,
        raw: true,
      }),
      this.#over.signal,
    );
    return named === undefined ? discoveredColumns(name, dataset, documents) : typedColumns(named, documents);
  }

  async #size(collection: string): Promise<{ estimatedRows?: number; estimatedBytes?: number }> {
    try {
      const estimatedRows = await this.#db.collection(collection).estimatedDocumentCount();
      const { size } = await this.#db.command({ collStats: collection });
      return estimatedRows > 0 ? { estimatedRows, ...(Number.isSafeInteger(Number(size)) ? { estimatedBytes: Number(size) } : {}) } : {};
    } catch {
      // A view has no size, and the user may not have the right to ask: an estimate is not worth an error.
      return {};
    }
  }

  /** Which documents are new, where they are read in increments; in `check` and `plan` nobody asks. */
  async #increment(name: string, collection: string, { filter, incremental }: Dataset, state: DatasetState | undefined): Promise<MongoIncrement | undefined> {
    if (incremental === undefined || this.#context.mode !== 'run') return undefined;
    const first: IncrementWanted['first'] = async (found, sort) => {
      const options = { ...this.#options(), projection: Object.fromEntries(Object.keys(sort).map((field) => [field, 1])), sort, limit: 1, useBigInt64: true };
      const [document] = await this.#db.collection(collection).find(filterOf({ filter }, found), options).toArray();
      return document;
    };
    return planIncrement({ dataset: name, incremental, state, now: this.#server.time, first });
  }

  #read(
    name: string,
    collection: string,
    dataset: Dataset,
    planned: PlannedColumns,
    { batchSize, increment }: { readonly batchSize: number; readonly increment: MongoIncrement | undefined },
    losses: Losses,
  ): DatasetReader {
    const { sort, limit, strict } = dataset;
    const { picker, paths } = planned;
    // In strict mode a document that is refused is told by its _id.
    const projection = paths === undefined ? undefined : projectionFor(strict === true ? [...paths, parsePath('_id')] : paths);
    return readDocuments({
      open: () =>
        batchesOf(
          this.#db.collection(collection).find(filterOf(dataset, increment?.filter), {
            ...this.#options(),
            batchSize,
            raw: true,
            ...(projection === undefined ? {} : { projection }),
            ...(sort === undefined ? {} : { sort, allowDiskUse: true }),
            ...(limit === undefined ? {} : { limit }),
          }),
          this.#over.signal,
        ),
      columns: planned.columns.map((column) => column.name),
      picker,
      losses,
      failure: (error) => sourceError(this.#over.signal.aborted ? this.#over.signal.reason : error, `reading the dataset "${name}"`, 'SOURCE_LOST'),
      onEnd: ({ rows, absent, unexpected }) => {
        const { output } = this.#context;
        if (rows > 0 && absent.length > 0) output.log('warn', `dataset "${name}": no document has ${absent.join(', ')}`, { event: 'absent-columns', absent });
        if (unexpected.length > 0)
          output.log('warn', `dataset "${name}": fields that came up only while it was read are in no column: ${unexpected.join(', ')}`);
      },
    });
  }

  /** What every query is sent with. */
  #options(): FindOptions & Abortable {
    return {
      comment: this.#context.applicationName,
      signal: this.#over.signal,
      ...(this.#session === undefined ? {} : { session: this.#session, noCursorTimeout: true }),
    };
  }

  /** Ends what runs at the server, and the connections. */
  #end(): Promise<void> {
    this.#ended ??= (async () => {
      clearInterval(this.#refreshing);
      const { signal } = this.#context;
      // Ends a read that is under way, whose connection is closed for it, and closes its cursor.
      this.#over.abort(signal.aborted ? signal.reason : new Error('the session was closed'));
      const session = this.#session;
      await within(
        END_MS,
        (async () => {
          if (session?.id !== undefined) await this.#client.db('admin').command({ killSessions: [session.id] });
        })(),
      );
      await within(END_MS, this.#client.close(true));
    })();
    return this.#ended;
  }
}
