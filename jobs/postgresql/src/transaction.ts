import pg from 'pg';

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

/**
 * Pins a connection's settings and begins the transaction that it reads in: with a snapshot of its own, or the one that another connection has exported.
 * A database in SQL_ASCII holds whatever bytes came, and would refuse those that are no UTF-8: they are taken as they are, and what is no UTF-8 is
 * counted as everywhere.
 */
export async function beginReading(client: pg.Client, snapshot?: string): Promise<void> {
  for (const sql of PINNED_SETTINGS) await client.query(sql);
  await client.query("select pg_catalog.set_config('client_encoding', 'SQL_ASCII', false) where pg_catalog.current_setting('server_encoding') = 'SQL_ASCII'");
  await client.query('begin isolation level repeatable read, read only');
  if (snapshot !== undefined) await client.query(`set transaction snapshot ${pg.escapeLiteral(snapshot)}`);
}

/** Lends a connection's snapshot to others, as long as its transaction goes on; resolves with its name. */
export async function exportSnapshot(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ snapshot: string }>('select pg_catalog.pg_export_snapshot() as snapshot');
  return rows[0]?.snapshot ?? '';
}
