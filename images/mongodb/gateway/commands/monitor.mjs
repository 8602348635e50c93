import { Long } from 'bson';
import { encode, OK } from '../bson.mjs';
import { CommandError } from '../errors.mjs';

/** The old command: {currentOp: 1}. */
export const currentOp = (context) => encode({ inprog: inProgress(context), ok: 1 });

/** The stage: aggregate with [{$currentOp: {}}], and no other stage after it. */
export function currentOperations(context) {
  if (context.command.pipeline.length > 1)
    throw new CommandError(115, 'CommandNotSupported', 'here $currentOp stands alone: filter what it gives at the client');
  return encode({ cursor: { id: Long.ZERO, ns: `${context.command.$db}.$cmd.aggregate`, firstBatch: inProgress(context) }, ok: 1 });
}

/** Operations that run (this one left out) and cursors that wait to be read on. */
function inProgress({ server, operation }) {
  const running = server.operations.all().filter((one) => one !== operation);
  const idle = server.cursors.all().filter((cursor) => cursor.busy === undefined);
  return [
    ...running.map((one) => ({
      type: 'op',
      ...origin(one),
      opid: one.id,
      op: one.name === 'getMore' ? 'getmore' : 'command',
      ...(one.cursorId === undefined ? {} : { cursor: { cursorId: Long.fromString(one.cursorId) } }),
      active: true,
      secs_running: Long.fromNumber(Math.floor((Date.now() - one.startedAt.getTime()) / 1000)),
      currentOpTime: one.startedAt.toISOString(),
    })),
    ...idle.map((cursor) => ({ type: 'idleCursor', ...origin(cursor), op: 'none', active: false, cursor: { cursorId: Long.fromString(cursor.id) } })),
  ];
}

const origin = ({ connection, namespace, name, comment }) => ({
  ns: namespace,
  appName: connection.appName,
  client: connection.address,
  connectionId: connection.id,
  ...(connection.user === undefined ? {} : { effectiveUsers: [{ user: connection.user.user, db: connection.user.db }] }),
  command: { [name]: 1, ...(comment === undefined ? {} : { comment }) },
});

export function killOp({ server, command }) {
  server.operations.get(Number(command.op))?.interrupt(new CommandError(11601, 'Interrupted', 'operation was interrupted'));
  return OK;
}
