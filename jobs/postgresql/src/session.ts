import type { DatasetState } from '@esclusa/contract';
import { type PlannedDataset, type SourceContext, type SourceSession, nameDatasets, readersWanted } from '@esclusa/kit';
import { listTables, select } from './catalog.ts';
import { Connections } from './connections.ts';
import type { Dataset } from './dataset.ts';
import { sourceError } from './failure.ts';
import { readInRanges } from './parallel.ts';
import { readRows } from './read-rows.ts';
import { readSettings } from './settings.ts';
import { beginReading } from './transaction.ts';
import { formatOf } from './kinds.ts';

/** The first version that reads no more of a table than a range of its pages. */
const READS_RANGES = 140_000;

/** What the server says of itself, and of the snapshot. */
interface Server {
  readonly version: string;
  readonly number: number;
  readonly database: string;
  readonly taken_at: string;
  readonly snapshot: string;
  readonly recovery: boolean;
  readonly lsn: string | null;
}

/** Opens a connection, pins its settings and fixes the one snapshot that every dataset is read from. */
export async function openSession(context: SourceContext): Promise<SourceSession<Dataset>> {
  const connections = await Connections.open(readSettings(context.settings), context);
  const { first } = connections;
  try {
    await beginReading(first);
    const { rows } = await first.query<Server>(
      `select pg_catalog.current_setting('server_version') as version, pg_catalog.current_setting('server_version_num')::int as number,
         pg_catalog.current_database() as database, pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as taken_at,
         pg_catalog.pg_current_snapshot()::text as snapshot, pg_catalog.pg_is_in_recovery() as recovery,
         (case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_insert_lsn() end)::text as lsn`,
    );
    const server = rows[0];
    if (server === undefined) throw new Error('the server told nothing of itself');
    context.signal.throwIfAborted();
    context.output.log('info', `connected to PostgreSQL ${server.version}`, { event: 'connected', database: server.database });
    return {
      info: { server: 'PostgreSQL', version: server.version, database: server.database, standby: server.recovery },
      snapshot: {
        consistency: 'snapshot',
        isolation: 'repeatable read',
        takenAt: server.taken_at,
        snapshot: server.snapshot,
        // Asked after the snapshot was taken: nothing behind it is in the snapshot.
        ...(server.lsn === null ? {} : { lsn: server.lsn }),
      },
      list: async () =>
        nameDatasets((await listTables(first)).map(({ schema, table }) => [schema === 'public' ? table : `${schema}.${table}`, { schema, table }])),
      plan: (name, dataset, state) => plan(connections, context, server, name, dataset, state),
      close: () => connections.close(),
    };
  } catch (error) {
    await connections.close();
    throw sourceError(error, 'preparing the connection', 'SOURCE_LOST');
  }
}

async function plan(
  connections: Connections,
  { output, mode }: SourceContext,
  { number }: Server,
  name: string,
  dataset: Dataset,
  state: DatasetState | undefined,
): Promise<PlannedDataset> {
  try {
    const { sql, pages, ...selection } = await select(connections.first, name, dataset, { state, isRun: mode === 'run' });
    const formats = selection.columns.map(formatOf);
    const readers = pages === undefined || number < READS_RANGES ? 1 : readersWanted(dataset.readers, pages.bytes);
    const read: PlannedDataset['read'] = () =>
      pages === undefined || readers === 1
        ? readRows(connections.first, { dataset: name, sql, formats })
        : readInRanges({ dataset: name, connections, table: pages, formats, readers, output });
    return { ...selection, query: sql, read };
  } catch (error) {
    throw sourceError(error, `dataset "${name}"`, 'SOURCE_LOST');
  }
}
