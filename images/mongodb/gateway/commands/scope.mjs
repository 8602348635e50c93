import { CommandError } from '../errors.mjs';

const SNAPSHOT_READS = ['find', 'aggregate', 'distinct', 'count'];
/** They end a scope, or go on in the one that their cursor was opened in: drivers name the snapshot there too. */
const WITHOUT = ['commitTransaction', 'abortTransaction', 'getMore', 'killCursors'];

/** The transaction or snapshot that a command is in, if any: what it does there, it does on that one's backend. */
export async function findScope({ server, connection, name, command, session }) {
  if (WITHOUT.includes(name)) return undefined;
  const wantsSnapshot = command.readConcern?.level === 'snapshot';
  const inTransaction = command.autocommit === false;
  if (!wantsSnapshot && !inTransaction) return undefined;
  if (server.settings.replSet === undefined) throw needsReplicaSet(inTransaction);
  if (inTransaction) return command.startTransaction === true ? server.sessions.startTransaction(session, connection) : server.sessions.transaction(session);
  if (!SNAPSHOT_READS.includes(name)) throw new CommandError(72, 'InvalidOptions', `${name} does not support read concern snapshot`);
  const snapshot = await server.sessions.snapshot(session ?? `connection ${connection.id}`, command.readConcern.atClusterTime, connection);
  snapshot.namespaces.add(`${command.$db}.${command[name]}`);
  return snapshot;
}

const needsReplicaSet = (transaction) =>
  transaction
    ? new CommandError(20, 'IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos')
    : new CommandError(123, 'NotAReplicaSet', 'node needs to be a replica set member to use readConcern: snapshot');
