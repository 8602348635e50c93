import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Stands between jobs and S3, and tells when the first byte of data passes. */
export class Forwarder {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #firstByte: ((at: number) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens on one address of this host, that of the lab's network, for connections to an S3 on loopback. */
  static async listen(address: string, s3Port: number): Promise<Forwarder> {
    const server = createServer();
    server.listen(0, address);
    await once(server, 'listening');
    const forwarder = new Forwarder(server);
    server.on('connection', (client) => forwarder.#join(client, connect(s3Port, '127.0.0.1')));
    return forwarder;
  }

  /** When (by `performance.now()`) the next upload's first part begins to come in. */
  firstByte(): Promise<number> {
    return new Promise((resolve) => (this.#firstByte = resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, s3: Socket): void {
    for (const [socket, other] of [
      [client, s3],
      [s3, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (this.#firstByte === undefined || !chunk.includes('partNumber=1&')) return;
      this.#firstByte(performance.now());
      this.#firstByte = undefined;
    });
    client.pipe(s3);
    s3.pipe(client);
  }
}
