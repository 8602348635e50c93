import { type Document, MongoClient, type MongoClientOptions } from 'mongodb';
import { sourceError } from './failure.ts';
import type { MongoSettings } from './settings.ts';

const CONNECT_TIMEOUT_MS = 10_000;
// One for the cursor, one for what ends it or keeps it alive.
const POOL_SIZE = 2;

/** What a server says of itself. */
export interface Server {
  readonly version: string;
  /** Whether it keeps snapshots: members of replica sets and routers of sharded clusters do, from version 5 on. */
  readonly snapshots: boolean;
  /** Its clock, when it was asked. */
  readonly time: Date;
}

// Wire version of MongoDB 5.0, the first with snapshot reads outside of transactions.
const SNAPSHOT_WIRE_VERSION = 13;

/** Connects. A single host is reached directly, whatever set it says that it is in: its other members may have names that only they know. */
export async function connect(settings: MongoSettings, applicationName: string): Promise<MongoClient> {
  const doing = `can't connect to the database "${settings.MONGO_DATABASE}" at ${placeOf(settings)}`;
  let client: MongoClient | undefined;
  try {
    client = new MongoClient(urlOf(settings), { ...optionsOf(settings), appName: applicationName });
    return await client.connect();
  } catch (error) {
    await client?.close().catch(() => undefined);
    throw sourceError(error, doing, 'SOURCE_UNREACHABLE');
  }
}

/** Asks the server who it is. */
export async function ask(client: MongoClient): Promise<Server> {
  const admin = client.db('admin');
  const [hello, build] = await Promise.all([admin.command({ hello: 1 }), admin.command({ buildInfo: 1 }).catch((): Document => ({}))]);
  const cluster = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';
  return {
    version: String(build['version'] ?? 'unknown'),
    snapshots: cluster && Number(hello['maxWireVersion']) >= SNAPSHOT_WIRE_VERSION,
    time: hello['localTime'] instanceof Date ? hello['localTime'] : new Date(),
  };
}

function urlOf({ MONGO_URL: url, MONGO_HOST: host = '', MONGO_PORT: port }: MongoSettings): string {
  return url ?? `mongodb://${host.includes(':') ? `[${host}]` : host}:${port}/?directConnection=true`;
}

function optionsOf(settings: MongoSettings): MongoClientOptions {
  const common: MongoClientOptions = {
    serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    maxPoolSize: POOL_SIZE,
  };
  if (settings.MONGO_URL !== undefined) return common;
  const { MONGO_USER: username, MONGO_PASSWORD: password, MONGO_AUTH_SOURCE: authSource, MONGO_SSLMODE: mode } = settings;
  return {
    ...common,
    ...(username === '' ? {} : { auth: { username, password }, authSource }),
    ...(mode === 'disable' ? {} : { tls: true, tlsAllowInvalidCertificates: mode === 'require' }),
  };
}

/** Host and port for people; of a URL only the hosts, since the rest may hold a password. */
function placeOf({ MONGO_URL: url, MONGO_HOST: host, MONGO_PORT: port }: MongoSettings): string {
  if (url === undefined) return `${host}:${port}`;
  return /^[^:]+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(url)?.[1] ?? 'the hosts of MONGO_URL';
}
