import { decode, encode, OK } from '../bson.mjs';
import { asCommandError, CommandError } from '../errors.mjs';
import { allows, allowsSomewhere } from '../roles.mjs';
import { buildInfo, hello, logout, saslContinue, saslStart } from './handshake.mjs';
import { answered, createUser, drop, dropDatabase, dropIndexes, dropUser } from './manage.mjs';
import { currentOp, killOp } from './monitor.mjs';
import { count, distinct, endSessions, getMore, killCursors, openCursor } from './read.mjs';
import { findAndModify, write } from './write.mjs';
import { findScope } from './scope.mjs';

const ok = () => OK;
/** Each command with the right that it needs: none at all, a login of any kind (''), or a right in its database. */
const COMMANDS = {
  hello: [hello],
  ismaster: [hello],
  isMaster: [hello],
  saslStart: [saslStart],
  saslContinue: [saslContinue],
  logout: [logout],
  ping: [ok],
  buildInfo: [buildInfo],
  buildinfo: [buildInfo],
  endSessions: [endSessions],
  killSessions: [endSessions, ''],
  commitTransaction: [endTransaction, ''],
  abortTransaction: [endTransaction, ''],
  find: [openCursor, 'read'],
  aggregate: [openCursor, 'read'],
  listCollections: [openCursor, 'read'],
  listIndexes: [openCursor, 'read'],
  getMore: [getMore, ''],
  killCursors: [killCursors, ''],
  count: [count, 'read'],
  distinct: [distinct, 'read'],
  collStats: [answered, 'read'],
  dbStats: [answered, 'read'],
  validate: [answered, 'manage'],
  insert: [write, 'write'],
  update: [write, 'write'],
  delete: [write, 'write'],
  findAndModify: [findAndModify, 'write'],
  findandmodify: [findAndModify, 'write'],
  create: [answered, 'manage'],
  collMod: [answered, 'manage'],
  createIndexes: [answered, 'manage'],
  dropIndexes: [dropIndexes, 'manage'],
  renameCollection: [answered, 'manage'],
  drop: [drop, 'manage'],
  dropDatabase: [dropDatabase, 'manage'],
  listDatabases: [answered, ''],
  createUser: [createUser, 'users'],
  dropUser: [dropUser, 'users'],
  currentOp: [currentOp, 'monitor'],
  killOp: [killOp, 'monitor'],
};

/** Runs a message's command; resolves with the document that answers it, also when the command failed. */
export async function runCommand(server, connection, { body, sequence }) {
  const command = decode(body);
  const [name] = Object.keys(command);
  const operation = server.operations.start(connection, name, command);
  const session = command.lsid?.id?.toString('hex');
  const context = { server, connection, operation, name, command, body, sequence, session, scope: undefined };
  try {
    const handler = authorize(context);
    context.scope = await findScope(context);
    return await handler(context);
  } catch (error) {
    const failure = asCommandError(error);
    if (command.autocommit === false) await failTransaction(server, session, failure);
    return encode(failure.toDocument());
  } finally {
    server.operations.finish(operation);
  }
}

function authorize({ server, connection, name, command }) {
  if (!Object.hasOwn(COMMANDS, name)) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`);
  const [handler, named] = COMMANDS[name];
  if (!server.settings.auth || named === undefined) return handler;
  const { user } = connection;
  if (user === undefined) throw new CommandError(13, 'Unauthorized', `Command ${name} requires authentication`);
  const right = name === 'aggregate' && command.pipeline?.[0]?.$currentOp !== undefined ? 'monitor' : named;
  const allowed = right === '' || allows(user, right, command.$db) || (name === 'listCollections' && allowsSomewhere(user, right));
  if (!allowed) throw new CommandError(13, 'Unauthorized', `not authorized on ${command.$db} to execute command { ${name}: ${JSON.stringify(command[name])} }`);
  return handler;
}

async function endTransaction({ server, session, name }) {
  const ended = await server.sessions.endTransaction(session, name === 'commitTransaction' ? 'COMMIT' : 'ROLLBACK');
  if (!ended) throw new CommandError(251, 'NoSuchTransaction', 'Transaction was already ended, or never began');
  return OK;
}

/** A command that fails takes its transaction with it; one that lost to another writer may be tried again. */
async function failTransaction(server, session, failure) {
  await server.sessions.endTransaction(session, 'ROLLBACK').catch(() => {});
  if (failure.codeName === 'WriteConflict') failure.labels.push('TransientTransactionError');
}
