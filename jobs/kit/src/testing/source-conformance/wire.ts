import { type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What a wire tells of the bytes that pass. */
export interface WireOptions {
  /** Address of this host to listen on; loopback by default. */
  readonly address?: string;
  /** Told of what clients send. */
  readonly onRequest?: (chunk: Buffer) => void;
}

/** Stands between clients and a server and counts the bytes that the server sends, which is how back-pressure shows. */
export class Wire {
  readonly port: number;
  /** Bytes from the server so far. */
  received = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens for connections to `host:port`. */
  static async to(host: string, port: number, { address = '127.0.0.1', onRequest }: WireOptions = {}): Promise<Wire> {
    const server = createServer();
    server.listen(0, address);
    await once(server, 'listening');
    const wire = new Wire(server);
    server.on('connection', (client) => {
      if (onRequest !== undefined) client.on('data', onRequest);
      wire.#join(client, connect(port, host));
    });
    return wire;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    server.on('data', (chunk: Buffer) => (this.received += chunk.length));
    client.pipe(server);
    server.pipe(client);
  }
}
