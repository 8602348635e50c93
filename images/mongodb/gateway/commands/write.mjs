import { decodeExactly, encode, has } from '../bson.mjs';
import { unpackWriteErrorCode } from '../errors.mjs';
import { onBackend } from './read.mjs';

/** insert, update, delete: the documents may come beside the command. */
export async function write({ server, operation, name, command, body, sequence, scope }) {
  const sql = `select p_result from documentdb_api.${name}($1, $2, $3)`;
  const [answer] = await onBackend(server, scope?.backend, (backend) => operation.query(backend, sql, [command.$db, body, sequence]));
  return has(answer, 'writeErrors') ? withCodes(answer) : answer;
}

export async function findAndModify({ server, operation, command, body, scope }) {
  const sql = 'select p_result from documentdb_api.find_and_modify($1, $2)';
  const [answer] = await onBackend(server, scope?.backend, (backend) => operation.query(backend, sql, [command.$db, body]));
  return answer;
}

function withCodes(answer) {
  const document = decodeExactly(answer);
  for (const error of document.writeErrors) error.code = unpackWriteErrorCode(Number(error.code));
  return encode(document);
}
