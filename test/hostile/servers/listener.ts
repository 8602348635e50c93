import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { hostAddress } from '../../support/s3-recorder.ts';

/** A server of a test that answers as it likes; it listens on Docker's own address of this host. */
export class Listener {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, host: string, sockets: Set<Socket>) {
    this.#server = server;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    this.#sockets = sockets;
  }

  /** `serve` is called with each connection. */
  static async start(serve: (socket: Socket) => void): Promise<Listener> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
      serve(socket);
    });
    const host = await hostAddress();
    server.listen(0, host);
    await once(server, 'listening');
    return new Listener(server, host, sockets);
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

/** Writes pieces as fast as they are taken, without an end, until the connection is gone. */
export function flood(socket: Socket, piece: Buffer): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(piece));
    if (!socket.destroyed) socket.once('drain', write);
  };
  write();
}

/** Cuts a stream of bytes into messages; `lengthOf` gives a message's whole length, or undefined as long as its head is not there. */
export function messages(socket: Socket, lengthOf: (bytes: Buffer) => number | undefined, onMessage: (message: Buffer) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    for (;;) {
      const length = lengthOf(held);
      if (length === undefined || held.length < length) return;
      const message = held.subarray(0, length);
      held = held.subarray(length);
      onMessage(message);
    }
  });
}
