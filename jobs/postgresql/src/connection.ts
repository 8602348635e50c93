import type { JobError } from '@esclusa/contract';
import { within } from '@esclusa/kit';
import pg from 'pg';
import { sourceError } from './failure.ts';
import type { PostgresSettings } from './settings.ts';
import { tapped } from './tap.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CANCEL_TIMEOUT_MS = 3_000;

/** Connects; with `prefer` TLS is used where the server has it, as libpq does. */
export async function connect(settings: PostgresSettings, applicationName: string): Promise<pg.Client> {
  const { POSTGRES_SSLMODE: mode } = settings;
  try {
    return await open(settings, applicationName, mode !== 'disable');
  } catch (error) {
    if (mode !== 'prefer' || !/does not support SSL/.test((error as Error).message)) throw unreachable(error, settings);
  }
  try {
    return await open(settings, applicationName, false);
  } catch (error) {
    throw unreachable(error, settings);
  }
}

async function open(settings: PostgresSettings, applicationName: string, tls: boolean): Promise<pg.Client> {
  const options: pg.ClientConfig = {
    host: settings.POSTGRES_HOST,
    port: settings.POSTGRES_PORT,
    user: settings.POSTGRES_USER,
    password: settings.POSTGRES_PASSWORD,
    database: settings.POSTGRES_DATABASE,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ssl: tls ? { rejectUnauthorized: settings.POSTGRES_SSLMODE === 'verify-full' } : false,
  };
  const client = tapped(tls, (stream) => new pg.Client(stream === undefined ? options : { ...options, stream }));
  // A connection that breaks while idle is reported by the next query; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

function unreachable(error: unknown, settings: PostgresSettings): JobError {
  const { POSTGRES_HOST: host, POSTGRES_PORT: port, POSTGRES_DATABASE: database } = settings;
  // Node gives several addresses' failures as one AggregateError without a message.
  const cause = error instanceof AggregateError && error.message === '' ? (error.errors[0] as Error) : error;
  return sourceError(cause, `can't connect to the database "${database}" at ${host}:${port}`, 'SOURCE_UNREACHABLE');
}

/** Server process id of a connection, by which another connection can cancel its query. */
export function backendPid(client: pg.Client): number | undefined {
  return (client as unknown as { processID: number | null }).processID ?? undefined;
}

/** Cancels what a backend is doing, through a connection of its own; best effort and bounded in time. */
export async function cancelBackend(settings: PostgresSettings, pid: number): Promise<void> {
  const work = async (): Promise<void> => {
    const client = await connect(settings, 'esclusa cancel');
    try {
      await client.query('select pg_catalog.pg_cancel_backend($1)', [pid]);
    } finally {
      await client.end();
    }
  };
  await within(CANCEL_TIMEOUT_MS, work());
}
