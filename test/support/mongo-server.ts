import { type Db, type Document, MongoClient } from 'mongodb';
import { DatabaseServer } from './database-server.ts';
import { stack } from './stack.ts';

const USER = 'admin';
const PASSWORD = 'canary-contraseña "3" 6b1c';

// With users a member of a replica set wants a key file, also when it is alone.
const KEY_FILE = 'head -c 512 /dev/urandom | base64 -w 0 > /tmp/key && chmod 400 /tmp/key && chown mongodb /tmp/key';
const officialReplicaSet = (more: readonly string[]): string[] => [
  'bash',
  '-c',
  `${KEY_FILE} && exec docker-entrypoint.sh mongod --replSet rs0 --keyFile /tmp/key --bind_ip_all ${more.join(' ')}`,
];

/** A MongoDB server of one test, which may be killed and started again. */
export class MongoServer {
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: DatabaseServer;

  private constructor(server: DatabaseServer) {
    this.environment = { MONGO_HOST: server.name, MONGO_USER: USER, MONGO_PASSWORD: PASSWORD, MONGO_DATABASE: 'pharmavida' };
    this.#server = server;
  }

  /** A `replica set` of one member, which keeps snapshots, or a `standalone`, which doesn't; `more` are further arguments of mongod. */
  static async start(kind: 'replica set' | 'standalone', more: readonly string[] = []): Promise<MongoServer> {
    const image = stack().images.mongodb;
    const official = !image.startsWith('esclusa-');
    const started = await DatabaseServer.start({
      image,
      name: 'mongodb',
      port: 27_017,
      environment: { MONGO_INITDB_ROOT_USERNAME: USER, MONGO_INITDB_ROOT_PASSWORD: PASSWORD },
      command: kind === 'standalone' ? [...more] : official ? officialReplicaSet(more) : ['--replSet', 'rs0', ...more],
      ready: /Waiting for connections/,
    });
    const server = new MongoServer(started);
    if (kind === 'replica set' && official) {
      const config = { _id: 'rs0', members: [{ _id: 0, host: '127.0.0.1:27017' }] };
      await started.answered(() => server.using('admin', (db) => db.command({ replSetInitiate: config })));
      await started.answered(() => server.using('admin', (db) => db.collection('ready').insertOne({})));
    }
    await started.answered(() => server.using('admin', (db) => db.command({ ping: 1 })));
    return server;
  }

  /** How this process reaches it. */
  get fromHere(): { host: string; port: number; user: string; password: string } {
    return { host: '127.0.0.1', port: this.#server.port, user: USER, password: PASSWORD };
  }

  /** Runs work on a database, over connections of its own. */
  async using<T>(database: string, work: (db: Db) => Promise<T>): Promise<T> {
    const client = await this.connect();
    try {
      return await work(client.db(database));
    } finally {
      await client.close();
    }
  }

  async connect(): Promise<MongoClient> {
    const client = new MongoClient(`mongodb://127.0.0.1:${this.#server.port}/?directConnection=true`, {
      auth: { username: USER, password: PASSWORD },
      serverSelectionTimeoutMS: 5_000,
    });
    try {
      return await client.connect();
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** Operations and cursors that the server holds for a client of this name. */
  async operationsOf(appName: string): Promise<number> {
    const { inprog } = await this.using('admin', (db) => db.command({ currentOp: 1, $all: true }));
    return (inprog as Document[]).filter((operation) => operation['appName'] === appName && operation['type'] !== 'idleSession').length;
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  /** Starts it again and waits until it answers. */
  async restart(): Promise<void> {
    await this.#server.restart();
    await this.#server.answered(() => this.using('admin', (db) => db.command({ ping: 1 })));
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
