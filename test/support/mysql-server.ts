import { type Connection, createConnection } from 'mysql2/promise';
import { DatabaseServer } from './database-server.ts';
import { stack } from './stack.ts';

const PASSWORD = 'canary-contraseña "2" 8d3a';

/** A MySQL or MariaDB server of one test, which may be killed and started again. */
export class MysqlServer {
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: DatabaseServer;

  private constructor(server: DatabaseServer) {
    this.environment = { MYSQL_HOST: server.name, MYSQL_USER: 'root', MYSQL_PASSWORD: PASSWORD, MYSQL_DATABASE: 'pharmavida' };
    this.#server = server;
  }

  /** `more` are further arguments of the server. */
  static async start(kind: 'mysql' | 'mariadb', more: readonly string[] = []): Promise<MysqlServer> {
    const started = await DatabaseServer.start({
      image: stack().images[kind],
      name: kind,
      port: 3306,
      environment: { MYSQL_ROOT_PASSWORD: PASSWORD, MARIADB_ROOT_PASSWORD: PASSWORD, MYSQL_DATABASE: 'pharmavida', MARIADB_DATABASE: 'pharmavida' },
      command: ['--max-allowed-packet=256M', ...more],
      // The official images say that they are ready once more while they set up, at port 0.
      ready: /port: 3306/,
    });
    const server = new MysqlServer(started);
    await (await started.answered(() => server.connect())).end();
    return server;
  }

  /** How this process reaches it. */
  get fromHere(): { host: string; port: number; user: string; password: string } {
    return { host: '127.0.0.1', port: this.#server.port, user: 'root', password: PASSWORD };
  }

  async connect(database?: string): Promise<Connection> {
    const connection = await createConnection({
      ...this.fromHere,
      ...(database === undefined ? {} : { database }),
      charset: 'utf8mb4',
      timezone: 'Z',
      multipleStatements: true,
      // The default of 10 s passed once on a busy machine.
      connectTimeout: 60_000,
    });
    connection.on('error', () => {});
    return connection;
  }

  /** Runs work on a connection of its own. */
  async using<T>(database: string | undefined, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connect(database);
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
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
