import pg from 'pg';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { docker, eventually, publishedPort } from './docker.ts';
import { SESSION_LABEL, session, stack, unique } from './stack.ts';

const USER = 'postgres';
const PASSWORD = 'for-one-test';

/** A PostgreSQL server of one test, which may be killed and started again. */
export class PostgresServer {
  readonly environment: Readonly<Record<string, string>>;
  readonly #container: StartedTestContainer;
  #port = 0;

  private constructor(name: string, container: StartedTestContainer) {
    this.environment = { POSTGRES_HOST: name, POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DATABASE: 'postgres' };
    this.#container = container;
  }

  static async start(...sql: string[]): Promise<PostgresServer> {
    const name = unique('postgres');
    const container = await new GenericContainer(stack().postgresImage)
      .withName(name)
      .withNetworkMode(stack().network)
      .withLabels({ [SESSION_LABEL]: session() })
      .withEnvironment({ POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'postgres' })
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/))
      .start();
    const server = new PostgresServer(name, container);
    const client = await eventually('the server to answer', () => server.connect().catch(() => undefined));
    for (const statement of sql) await client.query(statement);
    // What was committed must have reached the files before anybody kills the server.
    await client.query('checkpoint');
    await client.end();
    return server;
  }

  /** How this process reaches one of its databases. */
  get fromHere(): { host: string; port: number; user: string; password: string } {
    return { host: '127.0.0.1', port: this.#port, user: USER, password: PASSWORD };
  }

  async connect(database = 'postgres'): Promise<pg.Client> {
    // The port may change when the container is started again, so it is looked up each time.
    this.#port = await publishedPort(this.#container.getId(), 5432);
    const client = new pg.Client({ ...this.fromHere, database });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** SIGKILL for the whole server. */
  async kill(): Promise<void> {
    await docker.getContainer(this.#container.getId()).kill();
  }

  /** Starts it again and waits until it answers. */
  async restart(): Promise<void> {
    await docker.getContainer(this.#container.getId()).start();
    await eventually('the server to answer', async () => {
      const client = await this.connect().catch(() => undefined);
      await client?.end();
      return client !== undefined;
    });
  }

  async stop(): Promise<void> {
    await this.#container.stop();
  }
}
