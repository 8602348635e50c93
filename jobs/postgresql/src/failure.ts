import { JobError, type JobErrorCode } from '@esclusa/contract';

interface ServerError {
  readonly code?: string;
  readonly message: string;
}

// SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
const BY_STATE: Readonly<Record<string, JobErrorCode>> = {
  '28000': 'SOURCE_REFUSED', // invalid authorization
  '28P01': 'SOURCE_REFUSED', // wrong password
  '42501': 'SOURCE_REFUSED', // no privilege
  '3D000': 'CONFIG_INVALID', // no such database
  '42P01': 'DATASET_NOT_FOUND', // no such table
  '3F000': 'DATASET_NOT_FOUND', // no such schema
  '42703': 'COLUMN_NOT_FOUND',
  '72000': 'SNAPSHOT_EXPIRED',
  '40001': 'SNAPSHOT_EXPIRED', // a standby had to cancel the query (conflict with recovery)
  '53300': 'SOURCE_UNREACHABLE', // too many connections
  '57P03': 'SOURCE_UNREACHABLE', // starting up or shutting down
  '55P03': 'SOURCE_UNREACHABLE', // lock not had in time
  '57014': 'QUERY_FAILED', // cancelled, by an operator or a timeout of the server
};

const BY_CLASS: Readonly<Record<string, JobErrorCode>> = {
  '08': 'SOURCE_LOST',
  '0A': 'QUERY_INVALID', // not supported there, e.g. a write inside WITH
  '22': 'QUERY_FAILED', // data exception, e.g. division by zero
  '25': 'QUERY_INVALID', // e.g. a write in a read-only transaction
  '42': 'QUERY_INVALID', // syntax error
  '53': 'SOURCE_UNREACHABLE', // insufficient resources
  '57': 'SOURCE_LOST', // operator intervention, e.g. shutdown
  '58': 'SOURCE_LOST', // system error
  XX: 'QUERY_FAILED', // internal error, e.g. corrupted data
};

/** The contract's error for whatever `pg` threw while doing something; `otherwise` is for errors that no server sent. */
export function sourceError(error: unknown, doing: string, otherwise: 'SOURCE_UNREACHABLE' | 'SOURCE_LOST'): JobError {
  if (error instanceof JobError) return error;
  const failure = error as ServerError;
  // Every SQLSTATE holds a digit; `EPIPE` is five letters too, but no answer of the server.
  const state = typeof failure.code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(failure.code) ? failure.code : undefined;
  const code = state === undefined ? otherwise : (BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? 'QUERY_FAILED');
  const mend = STATE_MENDS[state ?? ''] ?? MENDS[code];
  const message = `${doing}: ${failure.message}${mend === undefined ? '' : `; ${mend}`}`;
  return new JobError(code, message, { cause: error, ...(state === undefined ? {} : { details: { sqlstate: state } }) });
}

const STATE_MENDS: Readonly<Record<string, string>> = {
  '55P03': 'another session holds a lock on the table, perhaps a migration; it is tried again',
  '53300': 'the server has no connection slot left',
  '57P03': 'the server is starting up or shutting down',
};

const MENDS: Partial<Record<JobErrorCode, string>> = {
  SOURCE_UNREACHABLE: 'check POSTGRES_HOST and POSTGRES_PORT, that the server runs, and that DOCKER_NETWORK is a network that reaches it',
  SOURCE_REFUSED: 'check POSTGRES_USER and POSTGRES_PASSWORD and that the user may SELECT',
  CONFIG_INVALID: 'check POSTGRES_DATABASE',
};
