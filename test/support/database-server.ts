import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { docker, eventually, publishedPort } from './docker.ts';
import { SESSION_LABEL, session, stack, unique } from './stack.ts';

/** How a database server of one test is started. */
export interface ServerOptions {
  readonly image: string;
  /** Beginning of its name on the network. */
  readonly name: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly ready: string | RegExp;
}

/** A database server of one test, which may be killed and started again. */
export class DatabaseServer {
  /** Its name on the network that jobs join. */
  readonly name: string;
  /** Port on 127.0.0.1; another one after each start. */
  port = 0;
  readonly #inside: number;
  readonly #container: StartedTestContainer;

  private constructor(name: string, inside: number, container: StartedTestContainer) {
    this.name = name;
    this.#inside = inside;
    this.#container = container;
  }

  static async start(options: ServerOptions): Promise<DatabaseServer> {
    const name = unique(options.name);
    const container = await new GenericContainer(options.image)
      .withName(name)
      .withNetworkMode(stack().network)
      .withLabels({ [SESSION_LABEL]: session() })
      .withEnvironment({ ...options.environment })
      .withCommand([...(options.command ?? [])])
      .withExposedPorts(options.port)
      .withWaitStrategy(Wait.forLogMessage(options.ready))
      .withStartupTimeout(120_000)
      .start();
    const server = new DatabaseServer(name, options.port, container);
    await server.#look();
    return server;
  }

  /** Waits until `connect` succeeds, and gives what it gave. */
  async answered<T>(connect: () => Promise<T>): Promise<T> {
    // An object, since what is given may be undefined.
    const { connection } = await eventually('the server to answer', () =>
      connect().then(
        (connection) => ({ connection }),
        () => undefined,
      ),
    );
    return connection;
  }

  /** SIGKILL for the whole server. */
  async kill(): Promise<void> {
    await docker.getContainer(this.#container.getId()).kill();
  }

  /** Starts it again, without waiting for an answer. */
  async restart(): Promise<void> {
    await docker.getContainer(this.#container.getId()).start();
    await this.#look();
  }

  async stop(): Promise<void> {
    await this.#container.stop();
  }

  async #look(): Promise<void> {
    this.port = await publishedPort(this.#container.getId(), this.#inside);
  }
}
