import type { Connection } from 'mysql2';
import { ask } from './connection.ts';
import { UNKNOWN_VARIABLE } from './pin.ts';

/** Where the snapshot is in the server's binary log, as far as the server tells its readers. */
export interface Position {
  /** MySQL: the transactions that are in the snapshot. */
  readonly gtidExecuted?: string;
  /** MariaDB: the position up to which all is in the snapshot, and nothing behind it. */
  readonly binlog?: { readonly file: string; readonly position: number };
  readonly gtidPosition?: string;
}

/** Takes a snapshot; what was open before is committed. */
export const START = 'start transaction with consistent snapshot, read only';

// Under a load of writes one of these is likely to meet no commit.
const TRIES = 5;

/**
 * Fixes the snapshot and learns its position. MariaDB tells the very one. MySQL has no such question: what had been executed is asked
 * before and after; where the two differ a new snapshot is taken, and after some tries the position is left out rather than guessed.
 */
export async function takeSnapshot(connection: Connection): Promise<Position> {
  for (let tried = 1; ; tried++) {
    const before = await gtidExecuted(connection);
    await ask(connection, START);
    if (before === undefined) return ofMariadb(connection);
    if (before === '') return {};
    if ((await gtidExecuted(connection)) === before) return { gtidExecuted: before };
    if (tried >= TRIES) return {};
    await ask(connection, 'commit');
  }
}

/** Undefined where the server has no such variable: MariaDB. */
async function gtidExecuted(connection: Connection): Promise<string | undefined> {
  try {
    const [row] = await ask<{ gtid: string }>(connection, 'select @@global.gtid_executed as gtid');
    return row?.gtid.replaceAll('\n', '') ?? '';
  } catch (error) {
    if ((error as { errno?: number }).errno === UNKNOWN_VARIABLE) return undefined;
    throw error;
  }
}

/** Where a connection's snapshot is, as MariaDB tells it; nothing where it keeps no binary log. */
export async function ofMariadb(connection: Connection): Promise<Position> {
  // Each "_" may be any letter, since not every mode knows a backslash before it; the names are looked up whole.
  const rows = await ask<{ Variable_name: string; Value: string }>(connection, "show session status like 'binlog_snapshot_%'");
  const status = new Map(rows.map((row) => [row.Variable_name.toLowerCase(), row.Value]));
  const file = status.get('binlog_snapshot_file') ?? '';
  if (file === '') return {};
  const gtidPosition = status.get('binlog_snapshot_gtid_pos') ?? '';
  return { binlog: { file, position: Number(status.get('binlog_snapshot_position')) }, ...(gtidPosition === '' ? {} : { gtidPosition }) };
}
