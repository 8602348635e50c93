import type { Connection } from 'mysql2';
import { ask } from './connection.ts';

/** Longest time in seconds that these settings take on every server: a reader that is held back must not be cut off. */
const NO_TIMEOUT = 2_147_483;

/** What the server is told before anything is read, so that values come as docs/architecture.md ("CSV") promises, whatever its defaults. */
const SETTINGS = [
  'set names utf8mb4',
  "set session time_zone = '+00:00'",
  // The server cuts a connection that takes nothing for this long; S3 may well hold us back for minutes.
  `set session net_write_timeout = ${NO_TIMEOUT}, net_read_timeout = ${NO_TIMEOUT}, wait_timeout = ${NO_TIMEOUT}`,
  // A server may be set to cut every result; an extract that ends early would look whole. (DEFAULT would be the server's own limit.)
  'set session sql_select_limit = 18446744073709551615, sql_big_selects = 1',
  // GROUP_CONCAT cuts silently at 1 KiB by default.
  'set session group_concat_max_len = 1073741824',
  // CHAR values without the padding that they don't have. All other modes stay: "query" and "where" are written for them, and sql.ts writes what no mode reads otherwise.
  "set session sql_mode = trim(both ',' from replace(concat(',', @@sql_mode, ','), ',PAD_CHAR_TO_FULL_LENGTH,', ','))",
  // A table locked by a migration must not hold the run for its whole time (the default is a year).
  'set session lock_wait_timeout = 60',
];

/** What only some of the servers have. Ours is the clock that ends a job; a server default must not cut a long read. */
const WHERE_KNOWN = [
  'set session max_execution_time = 0', // MySQL
  'set session max_statement_time = 0', // MariaDB
  // Estimates of rows as they are now and not of a day ago.
  'set session information_schema_stats_expiry = 0', // MySQL
];

/** The server's error number for a variable that it has not. */
export const UNKNOWN_VARIABLE = 1193;

/** Sets a connection up for reading. */
export async function pin(connection: Connection): Promise<void> {
  for (const sql of SETTINGS) await ask(connection, sql);
  for (const sql of WHERE_KNOWN) {
    try {
      await ask(connection, sql);
    } catch (error) {
      if ((error as { errno?: number }).errno !== UNKNOWN_VARIABLE) throw error;
    }
  }
}
