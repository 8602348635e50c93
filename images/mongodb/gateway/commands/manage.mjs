import { CommandError } from '../errors.mjs';
import { OK } from '../bson.mjs';
import { onBackend } from './read.mjs';

/** What stands for a command whose answer is one value of one function of DocumentDB: its SQL and the values in it. */
const ANSWERED = {
  create: ['create_collection_view($1, $2)', ({ $db }, body) => [$db, body]],
  collMod: ['coll_mod($1, $2, $3)', (command, body) => [command.$db, command.collMod, body]],
  createIndexes: ['_internal.create_indexes_non_concurrently($1, $2, true)', ({ $db }, body) => [$db, body]],
  collStats: ['coll_stats($1, $2, $3)', (command) => [command.$db, command.collStats, Number(command.scale ?? 1)]],
  dbStats: ['db_stats($1, $2)', (command) => [command.$db, Number(command.scale ?? 1)]],
  listDatabases: ['list_databases($1)', (_, body) => [body]],
  renameCollection: ['rename_collection($1)', (_, body) => [body]],
  validate: ['validate($1, $2)', ({ $db }, body) => [$db, body]],
};

export async function answered({ server, operation, name, command, body, scope }) {
  const [call, values] = ANSWERED[name];
  const sql = `select documentdb_api${call.startsWith('_') ? '' : '.'}${call}`;
  const [answer] = await onBackend(server, scope?.backend, (backend) => operation.query(backend, sql, values(command, body)));
  return answer.length > 0 ? answer : OK;
}

export async function drop({ server, operation, command }) {
  const namespace = `${command.$db}.${command.drop}`;
  await server.sessions.letGo((read) => read === namespace);
  await onBackend(server, undefined, (backend) => operation.query(backend, 'select documentdb_api.drop_collection($1, $2)', [command.$db, command.drop]));
  return OK;
}

export async function dropDatabase({ server, operation, command }) {
  await server.sessions.letGo((read) => read.startsWith(`${command.$db}.`));
  await onBackend(server, undefined, (backend) => operation.query(backend, 'select documentdb_api.drop_database($1)', [command.$db]));
  return OK;
}

export async function dropIndexes({ server, operation, command, body }) {
  const sql = 'select retval from documentdb_api.drop_indexes($1, $2)';
  const [answer] = await onBackend(server, undefined, (backend) => operation.query(backend, sql, [command.$db, body]));
  return answer;
}

export async function createUser({ server, command }) {
  if (!Array.isArray(command.roles)) throw new CommandError(2, 'BadValue', 'createUser needs roles, an array');
  await server.users.create(command.$db, command.createUser, command.pwd, command.roles);
  return OK;
}

export async function dropUser({ server, command }) {
  await server.users.drop(command.$db, command.dropUser);
  return OK;
}
