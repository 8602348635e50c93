import { Binary, Long } from 'bson';
import { encode, nextClusterTime } from '../bson.mjs';
import { CommandError } from '../errors.mjs';
import { authenticationFailed, ScramConversation } from '../users.mjs';

const VERSION = [7, 0, 0, 0];
/** The wire version of 7.0, whose commands these are. */
const WIRE_VERSION = 21;
const MECHANISM = 'SCRAM-SHA-256';

/** hello, and its older names. */
export function hello({ server, connection, command }) {
  if (command.client !== undefined) connection.introduce(command.client);
  return encode({
    helloOk: true,
    ...(command.hello === undefined ? { ismaster: true } : {}),
    isWritablePrimary: true,
    ...replicaSet(server.settings),
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: connection.id,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
    ...(command.saslSupportedMechs === undefined ? {} : { saslSupportedMechs: [MECHANISM] }),
    ...speculation(server, connection, command.speculativeAuthenticate),
    ok: 1,
  });
}

function replicaSet({ replSet, self }) {
  if (replSet === undefined) return {};
  const ts = nextClusterTime();
  return {
    setName: replSet,
    setVersion: 1,
    secondary: false,
    hosts: [self],
    primary: self,
    me: self,
    lastWrite: { opTime: { ts, t: Long.ONE }, lastWriteDate: new Date() },
    $clusterTime: { clusterTime: ts, signature: { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO } },
  };
}

/** A login begun inside hello; what is wrong with it is said when it is begun in earnest. */
function speculation(server, connection, command) {
  if (command?.mechanism !== MECHANISM) return {};
  try {
    return { speculativeAuthenticate: begin(server, connection, command, command.db) };
  } catch (error) {
    if (error instanceof CommandError) return {};
    throw error;
  }
}

export function saslStart({ server, connection, command }) {
  if (command.mechanism !== MECHANISM) {
    throw new CommandError(334, 'MechanismUnavailable', `mechanism ${command.mechanism} is not known here: use ${MECHANISM}`);
  }
  return encode({ ...begin(server, connection, command, command.$db), ok: 1 });
}

function begin(server, connection, command, db) {
  connection.login = new ScramConversation(server.users, db, textOf(command.payload));
  return { conversationId: 1, done: false, payload: binary(connection.login.first) };
}

export function saslContinue({ connection, command }) {
  const text = textOf(command.payload);
  // Clients that do not know "skipEmptyExchange" end with an empty message.
  if (text === '' && connection.user !== undefined) return encode({ conversationId: 1, done: true, payload: binary(''), ok: 1 });
  if (connection.login === undefined) throw authenticationFailed();
  const { login } = connection;
  connection.login = undefined;
  const { user, last } = login.finish(text);
  connection.user = user;
  return encode({ conversationId: 1, done: true, payload: binary(last), ok: 1 });
}

export function logout({ connection }) {
  connection.user = undefined;
  return encode({ ok: 1 });
}

export const buildInfo = () =>
  encode({ version: VERSION.slice(0, 3).join('.'), versionArray: VERSION, modules: ['documentdb'], maxBsonObjectSize: 16_777_216, ok: 1 });

const textOf = (payload) => Buffer.from(payload.buffer).toString();
const binary = (text) => new Binary(Buffer.from(text));
