import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { encoded, packets } from './packets.ts';

const UTF8MB4 = 45;
const BINARY = 63;
const VAR_STRING = 253;
const LONGLONG = 8;

/** The end of columns or rows. */
export const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);
/** "Query execution was interrupted". */
export const INTERRUPTED = Buffer.concat([Buffer.from([0xff, 0x25, 0x05]), Buffer.from('#70100Query execution was interrupted')]);

/** What comes before the rows of a result: each column is a text or a number. */
export function head(columns: readonly ('text' | 'plain')[]): Buffer[] {
  const definitions = columns.map((kind, index) => {
    const names = ['def', '', '', '', `c${index}`, ''].map((name) => encoded(Buffer.from(name)));
    const rest = Buffer.alloc(13);
    rest[0] = 12;
    rest.writeUInt16LE(kind === 'text' ? UTF8MB4 : BINARY, 1);
    rest[7] = kind === 'text' ? VAR_STRING : LONGLONG;
    return Buffer.concat([...names, rest]);
  });
  return [Buffer.from([columns.length]), ...definitions, EOF];
}

/** A server of MySQL's protocol whose answers are bytes that a test gives it. */
export class ProtocolServer {
  readonly #server: Server;
  readonly #answers = new Map<string, Buffer[]>();
  #socket: Socket | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ProtocolServer> {
    const net = createServer();
    const server = new ProtocolServer(net);
    net.on('connection', (socket) => server.#greet(socket));
    await once(net.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers a query with these payloads, written in pieces of these lengths, again and again. */
  answer(sql: string, payloads: readonly Buffer[], lengths: readonly number[] = [65_536]): void {
    const bytes = packets(payloads, 1);
    const pieces: Buffer[] = [];
    for (let at = 0, n = 0; at < bytes.length; at += pieces[n++]?.length ?? 0) pieces.push(bytes.subarray(at, at + (lengths[n % lengths.length] ?? 1)));
    this.#answers.set(sql, pieces);
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #greet(socket: Socket): void {
    this.#socket = socket.setNoDelay(true);
    socket.on('error', () => undefined);
    // Protocol 10, a version, a thread, a challenge; PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH.
    const greeting = Buffer.concat([
      Buffer.from('\u000a8.0.0\0', 'latin1'),
      Buffer.from([1, 0, 0, 0]),
      Buffer.from('12345678\0'),
      Buffer.from([0x00, 0x82, UTF8MB4, 2, 0, 0x08, 0, 21]),
      Buffer.alloc(10),
      Buffer.from('123456789012\0mysql_native_password\0'),
    ]);
    socket.write(packets([greeting]));
    socket.once('data', () => {
      socket.write(packets([Buffer.from([0, 0, 0, 2, 0, 0, 0])], 2));
      socket.on('data', (command) => void this.#reply(socket, command.subarray(5).toString()));
    });
  }

  async #reply(socket: Socket, sql: string): Promise<void> {
    // Each piece is a write of its own.
    for (const piece of this.#answers.get(sql) ?? [INTERRUPTED]) await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
}
