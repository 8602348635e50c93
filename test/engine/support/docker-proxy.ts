import { rm } from 'node:fs/promises';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { dockerCallOf } from './docker-calls.ts';

/** One call on the daemon that passes. */
export interface DockerCall {
  /** As {@link dockerCallOf} names it. */
  readonly operation: string;
  /** Counts the calls of this name since {@link DockerProxy.reset}, from 1. */
  readonly nth: number;
}

/** Asked about each call on containers, before the daemon sees it and when its answer is about to go back; the call is held until it resolves. */
export type DockerGate = (call: DockerCall, when: 'before' | 'after') => 'forward' | 'drop' | Promise<'forward' | 'drop'>;

const DOCKER = '/var/run/docker.sock';

/** Stands between an engine and the Docker daemon, so that a test can lose the one without touching the other. */
export class DockerProxy {
  readonly path = join(tmpdir(), `docker-proxy-${randomBytes(4).toString('hex')}.sock`);
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;
  #mute = false;
  /** Decides on each call; a client must open one connection per call for that, as the gateway does. */
  gate: DockerGate | undefined;
  readonly #counts = new Map<string, number>();
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

  /** Lets everything through, and counts from 1 again. */
  reset(): void {
    this.gate = undefined;
    this.#counts.clear();
    this.requests = '';
  }

  /** Breaks every connection; new ones are let in still. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    // Also those whose call is being held.
    for (const client of this.#clients) client.destroy();
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
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    if (this.gate !== undefined) return void this.#guard(this.gate, client).catch(() => client.destroy());
    client.on('data', (chunk: Buffer) => (this.requests += chunk.toString('latin1')));
    const daemon = this.#connect(client);
    if (this.#mute) return;
    client.pipe(daemon);
    daemon.pipe(client);
  }

  #connect(client: Socket): Socket {
    const daemon = connect({ path: DOCKER, allowHalfOpen: true });
    daemon.on('error', () => client.destroy());
    const pair = [client, daemon] as const;
    this.#pairs.add(pair);
    client.once('close', () => {
      this.#pairs.delete(pair);
      daemon.destroy();
    });
    return daemon;
  }

  /** Only the head of the request is looked at: what follows it, hijacked or not, is carried as it is. */
  async #guard(gate: DockerGate, client: Socket): Promise<void> {
    const sent: Buffer[] = [];
    const collect = (chunk: Buffer): void => void sent.push(chunk);
    client.on('data', collect);
    const operation = dockerCallOf((await firstBytes(client)).toString('latin1'));
    client.resume();
    const nth = (this.#counts.get(operation ?? '') ?? 0) + 1;
    if (operation !== undefined) this.#counts.set(operation, nth);
    const turn = async (when: 'before' | 'after'): Promise<boolean> => operation === undefined || (await gate({ operation, nth }, when)) === 'forward';
    if (!(await turn('before'))) return void client.destroy();
    // A client that has gone meanwhile has sent its call all the same, and it reaches the daemon, only late.
    const gone = client.destroyed || client.readableEnded;
    const daemon = gone ? connect({ path: DOCKER }) : this.#connect(client);
    daemon.on('error', () => client.destroy());
    client.off('data', collect);
    daemon.write(Buffer.concat(sent));
    if (!gone) client.pipe(daemon);
    const answer = await firstBytes(daemon);
    if (gone) {
      client.destroy();
      return void daemon.destroy();
    }
    if (!(await turn('after'))) return void client.destroy();
    client.write(answer);
    daemon.pipe(client);
  }
}

/** The first chunk that a socket gives, which is then paused; empty when it ends before. */
async function firstBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve(Buffer.alloc(0)));
    socket.once('end', () => resolve(Buffer.alloc(0)));
    socket.once('data', (chunk: Buffer) => {
      socket.pause();
      resolve(chunk);
    });
  });
}
