import { type PlannedDataset, type SourceContext, type SourceSession, nameDatasets, within } from '@esclusa/kit';
import type pg from 'pg';
import { listTables, select } from './catalog.ts';
import { backendPid, cancelBackend, connect } from './connection.ts';
import { copyCommand, copyCsv } from './copy.ts';
import type { Dataset } from './dataset.ts';
import { sourceError } from './failure.ts';
import { type PostgresSettings, readSettings } from './settings.ts';

/** What the server is told before anything is read, so that values come as docs/architecture.md ("CSV") promises, whatever its defaults. */
const PINNED_SETTINGS = [
  "set client_encoding = 'UTF8'",
  "set time zone 'UTC'",
  "set datestyle = 'ISO, YMD'",
  "set intervalstyle = 'iso_8601'",
  'set extra_float_digits = 1',
  // The format of money is that of a locale.
  "set lc_monetary = 'C'",
  "set bytea_output = 'hex'",
  // Ours is the clock that ends a job; a server default must not cut a long read.
  'set statement_timeout = 0',
  'set idle_in_transaction_session_timeout = 0',
  // A table locked by a migration must not hold the run for its whole time.
  "set lock_timeout = '60s'",
];

/** Opens a connection, pins its settings and fixes the one snapshot that every dataset is read from. */
export async function openSession(context: SourceContext): Promise<SourceSession<Dataset>> {
  const settings = readSettings(context.settings);
  const client = await connect(settings, context.applicationName);
  const stopWatching = endOnAbort(client, settings, context);
  try {
    for (const sql of PINNED_SETTINGS) await client.query(sql);
    await client.query('begin isolation level repeatable read, read only');
    const { rows } = await client.query<{
      version: string;
      database: string;
      taken_at: string;
      snapshot: string;
      recovery: boolean;
      lsn: string | null;
      encoding: string;
    }>(
      `select current_setting('server_version') as version, current_database() as database, current_setting('server_encoding') as encoding,
         to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as taken_at, pg_current_snapshot()::text as snapshot, pg_is_in_recovery() as recovery,
         (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end)::text as lsn`,
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
        nameDatasets((await listTables(client)).map(({ schema, table }) => [schema === 'public' ? table : `${schema}.${table}`, { schema, table }])),
      plan: (name, dataset) => plan(client, name, dataset, server.encoding),
      close: async () => {
        stopWatching();
        await close(client);
      },
    };
  } catch (error) {
    stopWatching();
    await close(client);
    throw sourceError(error, 'preparing the connection', 'SOURCE_LOST');
  }
}

async function plan(client: pg.Client, name: string, dataset: Dataset, encoding: string): Promise<PlannedDataset> {
  try {
    const { sql, ...selection } = await select(client, name, dataset);
    const command = copyCommand(sql, encoding);
    return { ...selection, query: command, read: () => copyCsv(client, command, name) };
  } catch (error) {
    throw sourceError(error, `dataset "${name}"`, 'SOURCE_LOST');
  }
}

/** When the job has to stop: cancel the query at the server, then cut the connection, so that neither side is left hanging. */
function endOnAbort(client: pg.Client, settings: PostgresSettings, context: SourceContext): () => void {
  const onAbort = (): void => {
    const pid = backendPid(client);
    const cancelled = pid === undefined ? Promise.resolve() : cancelBackend(settings, pid);
    cancelled
      .catch((error: Error) => context.output.log('warn', `the query could not be cancelled at the server: ${error.message}`))
      .finally(() => destroySocket(client));
  };
  if (context.signal.aborted) onAbort();
  else context.signal.addEventListener('abort', onAbort, { once: true });
  return () => context.signal.removeEventListener('abort', onAbort);
}

function destroySocket(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

const CLOSE_TIMEOUT_MS = 2_000;

/** A polite goodbye, and a cut connection if the server doesn't answer it. */
async function close(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, client.end());
  destroySocket(client);
}
