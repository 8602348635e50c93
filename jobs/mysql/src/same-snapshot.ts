import type { JobOutput } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { ask } from './connection.ts';
import type { Connections, Reader } from './connections.ts';
import { UNKNOWN_VARIABLE } from './pin.ts';
import { textLiteral } from './sql.ts';
import { type Position, START, ofMariadb, takeSnapshot } from './position.ts';

/** A table that several readers should read. */
export interface SharedTable {
  readonly dataset: string;
  /** As SQL writes it. */
  readonly name: string;
  readonly readers: number;
  readonly bytes: number;
  /** Whether it may be locked for a moment. */
  readonly lock: boolean;
}

/** Connections that see the same rows of some tables. */
export interface SharedSnapshot {
  readonly readers: readonly Reader[];
  readonly datasets: ReadonlySet<string>;
  /** The first connection's snapshot. */
  readonly position: Position;
}

const TRIES = 20;
const LOCK_SECONDS = 5;
const NO_PRIVILEGE = 1227;

/**
 * Takes the first connection's snapshot anew, and with it those of as many others as the tables want, so that all of them see the same rows. MariaDB
 * tells where in its binary log each snapshot is; elsewhere a read lock keeps writers off the tables in the meantime, where the dataset allows it.
 */
export async function shareSnapshot(connections: Connections, tables: readonly SharedTable[], output: JobOutput): Promise<SharedSnapshot> {
  const { first } = connections;
  const log = await logTellsAll(first.connection);
  const able = tables.filter(({ lock }) => log || lock);
  const wanted = Math.max(...tables.map(({ readers }) => readers));
  try {
    if (able.length === 0)
      throw new Error('the server does not tell whether two snapshots are the same; "lock": true in the pipeline lets the table be locked meanwhile');
    const all = [first, ...(await connections.add(Math.max(...able.map(({ readers }) => readers)) - 1))];
    const position = log ? await takeEqual(all) : undefined;
    if (position !== undefined) return { readers: all, datasets: new Set(able.map(({ dataset }) => dataset)), position };
    // One table, the largest: who waits for the lock of a second one and holds the first would deadlock with writers, and the server ends those.
    const [largest] = able.filter(({ lock }) => lock).toSorted((a, b) => b.bytes - a.bytes);
    if (largest === undefined)
      throw new Error(`there was a commit between the snapshots ${TRIES} times; "lock": true in the pipeline keeps writers off the table`);
    return { readers: all, datasets: new Set([largest.dataset]), position: await takeLocked(connections, all, largest.name) };
  } catch (error) {
    connections.throwIfAborted();
    await connections.drop();
    output.log('warn', `one reader where more are wanted: ${(error as Error).message}`, { event: 'fewer-readers', readers: 1, wanted });
    return { readers: [first], datasets: new Set(), position: await takeSnapshot(first.connection) };
  }
}

/** Whether every change of a table moves the position in the binary log; only MariaDB tells the one that a snapshot has. */
async function logTellsAll(connection: Connection): Promise<boolean> {
  if ((await ofMariadb(connection)).binlog === undefined) return false;
  // What a replica or a node of a cluster applies stands in its own log only where it is told so. Percona's MySQL tells positions too, but not this.
  const [server] = await unless(UNKNOWN_VARIABLE, () =>
    ask<{ all: number | bigint }>(
      connection,
      `select @@global.log_slave_updates or (@@global.gtid_slave_pos = ${textLiteral('')} and not exists
         (select * from information_schema.global_variables where variable_name = 'WSREP_ON' and variable_value = 'ON')) as \`all\``,
    ),
  );
  if (Number(server?.all ?? 0) !== 1) return false;
  // Databases may be left out of the log; not everybody may know.
  const [status] = await unless(NO_PRIVILEGE, () => ask<{ Binlog_Do_DB: string; Binlog_Ignore_DB: string }>(connection, 'show master status'));
  return status === undefined || status.Binlog_Do_DB + status.Binlog_Ignore_DB === '';
}

/** What is asked, or nothing where the server answers by this error. */
async function unless<Row>(errno: number, asked: () => Promise<Row[]>): Promise<Row[]> {
  try {
    return await asked();
  } catch (error) {
    if ((error as { errno?: number }).errno === errno) return [];
    throw error;
  }
}

/** Snapshots with one position: no commit was between them. Undefined where there was one each time. */
async function takeEqual(readers: readonly Reader[]): Promise<Position | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    await Promise.all(readers.map(({ connection }) => ask(connection, START)));
    const [first, ...others] = await Promise.all(readers.map(({ connection }) => ofMariadb(connection)));
    if (others.every(({ binlog }) => binlog?.file === first?.binlog?.file && binlog?.position === first?.binlog?.position)) return first;
  }
  return undefined;
}

/** Snapshots of a time when no transaction that has written to the table is open: each has ended wholly before the lock is given. */
async function takeLocked(connections: Connections, [first, ...others]: readonly Reader[], table: string): Promise<Position> {
  const locker = await connections.help();
  try {
    await ask(locker, `set session lock_wait_timeout = ${LOCK_SECONDS}`);
    await ask(locker, `lock tables ${table} read`);
    const [position] = await Promise.all([takeSnapshot((first as Reader).connection), ...others.map(({ connection }) => ask(connection, START))]);
    await ask(locker, 'unlock tables');
    return position;
  } finally {
    await connections.dismiss(locker);
  }
}
