import { rm } from 'node:fs/promises';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

const DOCKER = '/var/run/docker.sock';

/** Stands between an engine and the Docker daemon, so that a test can lose the one without touching the other. */
export class DockerProxy {
  readonly path = join(tmpdir(), `docker-proxy-${randomBytes(4).toString('hex')}.sock`);
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | undefined;
  #mute = false;
  /** Everything that clients wrote, for tests that look at it. */
  requests = '';

  get host(): string {
    return `unix://${this.path}`;
  }

  /** Lets connections in, as a daemon that has come back. */
  async listen(): Promise<void> {
    this.#mute = false;
    const server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
  }

  /** Breaks every connection; new ones are let in still. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Existing connections stay open and carry nothing any more, as behind a firewall that forgot them. */
  freeze(): void {
    for (const [client, daemon] of this.#pairs) {
      client.unpipe(daemon);
      daemon.unpipe(client);
    }
  }

  /** Takes connections and never answers. */
  mute(): void {
    this.#mute = true;
  }

  /** Goes away: breaks connections and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.cut();
    await closed;
    await rm(this.path, { force: true });
  }

  #join(client: Socket): void {
    client.on('error', () => undefined);
    client.on('data', (chunk: Buffer) => (this.requests += chunk.toString('latin1')));
    const daemon = connect({ path: DOCKER, allowHalfOpen: true });
    daemon.on('error', () => client.destroy());
    const pair = [client, daemon] as const;
    this.#pairs.add(pair);
    client.once('close', () => {
      this.#pairs.delete(pair);
      daemon.destroy();
    });
    if (this.#mute) return;
    client.pipe(daemon);
    daemon.pipe(client);
  }
}
