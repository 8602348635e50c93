import { createServer } from 'node:net';
import { runCommand } from './commands/index.mjs';
import { CommandError } from './errors.mjs';
import { MessageCutter, parseMessage, replyHead } from './wire.mjs';

/**
 * Listens for clients. What a client runs ends with its connection; what it keeps (cursors, snapshots, transactions) ends
 * with the last of its connections, since drivers read a cursor on by any of them.
 */
export function listen(server) {
  const open = new Set();
  let lastId = 0;
  const listener = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const connection = new Connection((lastId += 1), socket);
    open.add(connection);
    serve(server, connection, socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(connection);
      connection.closed = true;
      server.operations.interrupt((operation) => operation.connection === connection, new CommandError(279, 'ClientDisconnect', 'the client went away'));
      if ([...open].some(({ client }) => client === connection.client)) return;
      server.sessions.endWhere((_, { client }) => client === connection.client).catch((error) => console.error(`cannot end a session: ${error.message}`));
    });
  });
  return new Promise((resolve, reject) => listener.once('error', reject).listen(server.settings.port, '0.0.0.0', resolve));
}

class Connection {
  appName = '';
  user;
  login;
  closed = false;

  constructor(id, { remoteAddress, remotePort }) {
    this.id = id;
    this.host = remoteAddress;
    this.address = `${remoteAddress}:${remotePort}`;
    this.client = this.address;
  }

  /** Tells from a client's own words whose connection this is: they are the same on all connections of a client. */
  introduce(words) {
    this.appName = words.application?.name ?? '';
    this.client = `${this.host} ${JSON.stringify(words)}`;
  }
}

/** Answers a connection's commands, one after the other. */
function serve(server, connection, socket) {
  const cutter = new MessageCutter();
  let before = Promise.resolve();
  socket.on('data', (chunk) => {
    try {
      for (const bytes of cutter.push(chunk)) {
        const message = parseMessage(bytes);
        before = before.then(() => answer(server, connection, socket, message)).catch(() => socket.destroy());
      }
    } catch {
      // Not this protocol: there is nothing to answer in.
      socket.destroy();
    }
  });
}

async function answer(server, connection, socket, message) {
  if (connection.closed) return;
  const document = await runCommand(server, connection, message);
  if (message.silent || connection.closed) return;
  socket.cork();
  socket.write(replyHead(message, document.length));
  socket.write(document);
  socket.uncork();
}
