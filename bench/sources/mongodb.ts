import { BSON, MongoClient } from 'mongodb';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import { poll } from '../../scripts/lib/poll.ts';
import type { Log } from '../../scripts/setup/command.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import type { Table } from '../data/tables.ts';
import { hostAddress } from '../lab/host-address.ts';
import { LOGIN, NETWORK, PASSWORD, containerName } from '../lab/names.ts';
import { startReplay } from '../mongo-replay.ts';
import { NESTED_COLUMNS, nestedDocument } from '../nested-documents.ts';
import { type MongoAddress, mongoexport } from '../peers/mongoexport.ts';
import type { StartedSource } from './source.ts';

const PORT = 27_017;
/** Documents of one insert. */
const BATCH = 1_000;

/** The MongoDB-compatible server with its collections: slower than any client, so that it says little of them. */
export async function startMongodb(lab: LabContainers, tables: readonly Table[], log: Log): Promise<StartedSource> {
  const name = containerName('mongodb');
  const ports = await lab.start({
    name,
    image: await ensureImage('mongodb', log),
    ports: { [PORT]: 0 },
    environment: {
      MONGO_INITDB_ROOT_USERNAME: LOGIN.user,
      MONGO_INITDB_ROOT_PASSWORD: LOGIN.password,
      MONGO_INITDB_DATABASE: LOGIN.database,
      ESCLUSA_REPLSET: 'rs0',
    },
  });
  const client = await poll('MongoDB', 60, async () => {
    const auth = { username: LOGIN.user, password: LOGIN.password };
    const attempt = new MongoClient(`mongodb://127.0.0.1:${ports[PORT]}/`, {
      auth,
      authSource: 'admin',
      directConnection: true,
      serverSelectionTimeoutMS: 1_000,
    });
    await attempt.connect();
    return attempt;
  });
  for (const { name: collection, rows } of tables) {
    log(`MongoDB: ${rows} documents in ${collection}`);
    for (let from = 0; from < rows; from += BATCH) {
      const documents = Array.from({ length: Math.min(BATCH, rows - from) }, (_, n) => BSON.deserialize(nestedDocument(from + n), { promoteValues: false }));
      await client.db(LOGIN.database).collection(collection).insertMany(documents, { ordered: false });
    }
  }
  const { version } = await client.db('admin').command({ buildInfo: 1 });
  await client.close();
  return started(`MongoDB stand-in (DocumentDB) ${String(version)}`, { host: name, port: PORT, login: true }, () => lab.remove(name));
}

/** A server that gives one collection from memory, as fast as the wire takes it. */
export async function startMongodbReplay(_lab: LabContainers, tables: readonly Table[], log: Log): Promise<StartedSource> {
  const [table] = tables;
  if (table === undefined) throw new Error('the replaying server has one collection');
  log(`replaying server: ${table.rows} documents in ${table.name}`);
  const host = await hostAddress(NETWORK);
  const documents = Array.from({ length: table.rows }, (_, n) => nestedDocument(n));
  const replay = await startReplay({ host, documents, database: LOGIN.database, collection: table.name });
  return started('MongoDB wire protocol, replayed from memory', { host, port: replay.port, login: false }, () => replay.close());
}

async function started(version: string, address: MongoAddress, stop: () => Promise<void>): Promise<StartedSource> {
  const peer = await mongoexport(address);
  return {
    version,
    peers: 'missing' in peer ? [] : [peer],
    missing: 'missing' in peer ? { mongoexport: peer.missing } : {},
    pipeline: ({ name }) => ({
      job: 'mongodb',
      source: {
        MONGO_HOST: address.host,
        MONGO_PORT: address.port,
        MONGO_DATABASE: LOGIN.database,
        ...(address.login ? { MONGO_USER: LOGIN.user, MONGO_PASSWORD: PASSWORD } : {}),
      },
      datasets: { [name]: { columns: NESTED_COLUMNS } },
    }),
    stop,
  };
}
