import { append, appendInside, encode, OK } from '../bson.mjs';
import { currentOperations } from './monitor.mjs';

const FIRST_PAGE = {
  find: 'find_cursor_first_page',
  aggregate: 'aggregate_cursor_first_page',
  listCollections: 'list_collections_cursor_first_page',
  listIndexes: 'list_indexes_cursor_first_page',
};

/** Commands that answer with a cursor. */
export async function openCursor(context) {
  const { server, operation, name, command, body, session, scope } = context;
  if (name === 'aggregate' && command.pipeline?.[0]?.$currentOp !== undefined) return currentOperations(context);
  const backend = scope?.backend ?? (await server.postgres.borrow());
  let keep = scope !== undefined;
  try {
    const sql = `select cursorpage, continuation, persistconnection, cursorid from documentdb_api.${FIRST_PAGE[name]}($1, $2)`;
    const [page, continuation, persist, id] = await operation.query(backend, sql, [command.$db, body]);
    operation.throwIfInterrupted();
    if (continuation !== null) {
      // A result that its backend holds can be read there only.
      const held = scope === undefined && persist === 't';
      keep ||= held;
      server.cursors.open({ id, backend: keep ? backend : undefined, held, continuation, operation, session, scope });
    }
    return scope?.time === undefined ? page : appendInside(page, 'cursor', { atClusterTime: scope.time });
  } finally {
    if (!keep) await backend.release();
  }
}

export async function getMore({ server, operation, command, body }) {
  const cursor = server.cursors.take(String(command.getMore), operation);
  let continuation;
  try {
    if (cursor.scope !== undefined) server.sessions.checkAge(cursor.scope);
    const sql = 'select cursorpage, continuation from documentdb_api.cursor_get_more($1, $2, $3)';
    const [page, next] = await onBackend(server, cursor.backend, (backend) => operation.query(backend, sql, [command.$db, body, cursor.continuation]));
    continuation = next ?? undefined;
    return cursor.scope?.time === undefined ? page : appendInside(page, 'cursor', { atClusterTime: cursor.scope.time });
  } finally {
    await server.cursors.give(cursor, continuation);
  }
}

export async function killCursors({ server, command }) {
  const cursorsKilled = [];
  const cursorsNotFound = [];
  for (const id of command.cursors) ((await server.cursors.kill(String(id))) ? cursorsKilled : cursorsNotFound).push(id);
  return encode({ cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 });
}

export const count = (context) => readOnce(context, 'count_query');
export const distinct = (context) => readOnce(context, 'distinct_query');

async function readOnce({ server, operation, command, body, scope }, name) {
  const sql = `select document from documentdb_api.${name}($1, $2)`;
  const [answer] = await onBackend(server, scope?.backend, (backend) => operation.query(backend, sql, [command.$db, body]));
  return scope?.time === undefined ? answer : append(answer, { atClusterTime: scope.time });
}

/** Ends the sessions that a client is done with. */
export async function endSessions({ server, command }) {
  const ended = new Set((command.endSessions ?? command.killSessions).map(({ id }) => id.toString('hex')));
  await server.sessions.endWhere((session) => ended.has(session));
  return OK;
}

/** Runs `work` on the backend that is given, or else on a shared one. */
export async function onBackend(server, given, work) {
  if (given !== undefined) return work(given);
  const backend = await server.postgres.borrow();
  try {
    return await work(backend);
  } finally {
    await backend.release();
  }
}
