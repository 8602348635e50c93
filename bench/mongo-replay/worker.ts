import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { Batches } from './batches.ts';
import { answer } from './commands.ts';
import { messagesOf, readCommand, replyTo } from './messages.ts';

/** What the thread is told. */
export interface ReplayRequest {
  readonly host: string;
  readonly port: number;
  /** The documents, one behind the other. */
  readonly bytes: SharedArrayBuffer;
  readonly lengths: Float64Array;
  readonly database: string;
  readonly collection: string;
}

const { host, port, bytes, lengths, database, collection } = workerData as ReplayRequest;
const batches = new Batches(Buffer.from(bytes), lengths);

async function serve(socket: Socket): Promise<void> {
  socket.setNoDelay(true);
  for await (const message of messagesOf(socket)) {
    const command = readCommand(message);
    const reply = replyTo(message, answer(command, { batches, database, collection }));
    socket.cork();
    for (const piece of reply) socket.write(piece);
    socket.uncork();
    if (socket.writableNeedDrain) await once(socket, 'drain');
  }
}

const server = createServer((socket) => {
  // A client that goes away in the middle is no matter of ours.
  socket.on('error', () => socket.destroy());
  serve(socket).catch(() => socket.destroy());
});
// A thread's port has no origin, as a window has.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
server.listen(port, host, () => parentPort?.postMessage((server.address() as AddressInfo).port));
