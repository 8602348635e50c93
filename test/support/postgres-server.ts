import pg from 'pg';
import { DatabaseServer } from './database-server.ts';
import { stack } from './stack.ts';

const USER = 'postgres';
const PASSWORD = 'for-one-test';

/** A PostgreSQL server of one test, which may be killed and started again. */
export class PostgresServer {
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: DatabaseServer;

  private constructor(server: DatabaseServer) {
    this.environment = { POSTGRES_HOST: server.name, POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DATABASE: 'postgres' };
    this.#server = server;
  }

  static async start(...sql: string[]): Promise<PostgresServer> {
    const started = await DatabaseServer.start({
      image: stack().images.postgres,
      name: 'postgres',
      port: 5432,
      environment: { POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'postgres' },
      ready: /database system is ready to accept connections/,
    });
    const server = new PostgresServer(started);
    const client = await started.answered(() => server.connect());
    for (const statement of sql) await client.query(statement);
    // What was committed must have reached the files before anybody kills the server.
    await client.query('checkpoint');
    await client.end();
    return server;
  }

  /** How this process reaches it. */
  get fromHere(): { host: string; port: number; user: string; password: string } {
    return { host: '127.0.0.1', port: this.#server.port, user: USER, password: PASSWORD };
  }

  /** How a job of this process reaches it. */
  get settings(): Record<string, string> {
    const { host, port } = this.fromHere;
    return { ...this.environment, POSTGRES_HOST: host, POSTGRES_PORT: String(port) };
  }

  async connect(database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({ ...this.fromHere, database });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  /** Starts it again and waits until it answers. */
  async restart(): Promise<void> {
    await this.#server.restart();
    await (await this.#server.answered(() => this.connect())).end();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
