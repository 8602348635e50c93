import type { Socket } from 'node:net';
import type { JobError } from '@esclusa/contract';
import { within } from '@esclusa/kit';
import { type Connection, type FieldPacket, type RowDataPacket, createConnection } from 'mysql2';
import { sourceError } from './failure.ts';
import type { MysqlSettings } from './settings.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CANCEL_TIMEOUT_MS = 3_000;
const GOODBYE_MS = 2_000;

/** Connects; with `prefer` TLS is used where the server has it, as the server's own clients do. */
export async function connect(settings: MysqlSettings, applicationName: string): Promise<Connection> {
  const { MYSQL_SSLMODE: mode } = settings;
  try {
    return await open(settings, applicationName, mode !== 'disable');
  } catch (error) {
    if (mode !== 'prefer' || (error as { code?: string }).code !== 'HANDSHAKE_NO_SSL_SUPPORT') throw unreachable(error, settings);
  }
  try {
    return await open(settings, applicationName, false);
  } catch (error) {
    throw unreachable(error, settings);
  }
}

function open(settings: MysqlSettings, applicationName: string, tls: boolean): Promise<Connection> {
  const verify = settings.MYSQL_SSLMODE === 'verify-full';
  const connection = createConnection({
    host: settings.MYSQL_HOST,
    port: settings.MYSQL_PORT,
    user: settings.MYSQL_USER,
    password: settings.MYSQL_PASSWORD,
    database: settings.MYSQL_DATABASE,
    charset: 'UTF8MB4_GENERAL_CI',
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    connectAttributes: { program_name: applicationName },
    // A server must not be able to ask for files of ours.
    flags: ['-LOCAL_FILES'],
    ...(tls ? { ssl: { rejectUnauthorized: verify, verifyIdentity: verify } } : {}),
  });
  return new Promise((resolve, reject) => {
    connection.once('connect', () => resolve(connection));
    connection.once('error', (error) => {
      cut(connection);
      reject(error);
    });
    // A connection that breaks while idle is reported by the next query; without a listener it would end the process.
    connection.on('error', () => undefined);
  });
}

function unreachable(error: unknown, settings: MysqlSettings): JobError {
  const { MYSQL_HOST: host, MYSQL_PORT: port, MYSQL_DATABASE: database } = settings;
  // Node gives several addresses' failures as one AggregateError without a message.
  const cause = error instanceof AggregateError && error.message === '' ? (error.errors[0] as Error) : error;
  return sourceError(cause, `can't connect to the database "${database}" at ${host}:${port}`, 'SOURCE_UNREACHABLE');
}

/** Runs a query whose result is small. Values stand in it by sql.ts: what mysql2 would fill in for a `?` is another text where the server's mode is. */
export function ask<Row extends object>(connection: Connection, sql: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    connection.query<RowDataPacket[]>(sql, (error, rows) => (error === null ? resolve(rows as unknown as Row[]) : reject(error)));
  });
}

/** The columns that a query's result has. */
export function askFields(connection: Connection, sql: string): Promise<FieldPacket[]> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, _rows, fields) => (error === null ? resolve(fields) : reject(error)));
  });
}

/** Ends what a connection's thread at the server is doing, through a connection of its own; best effort and bounded in time. */
export async function killQuery(settings: MysqlSettings, thread: number): Promise<void> {
  const work = async (): Promise<void> => {
    const connection = await connect(settings, 'esclusa cancel');
    try {
      await ask(connection, `kill query ${thread}`);
    } finally {
      cut(connection);
    }
  };
  await within(CANCEL_TIMEOUT_MS, work());
}

/** A polite goodbye, and a cut connection if the server doesn't answer it. */
export async function sayGoodbye(connection: Connection): Promise<void> {
  await within(GOODBYE_MS, new Promise((resolve) => connection.end(resolve)));
  cut(connection);
}

/** Cuts the connection at once. What waits on it is told: mysql2's own destroy() would leave it waiting. */
export function cut(connection: Connection): void {
  socketOf(connection).destroy(new Error('the connection was cut by the job'));
}

/** The socket of a connection, which mysql2's types don't show. */
export function socketOf(connection: Connection): Socket {
  return (connection as unknown as { stream: Socket }).stream;
}
