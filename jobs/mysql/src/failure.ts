import { JobError, type JobErrorCode } from '@esclusa/contract';

interface ServerError {
  readonly errno?: number;
  readonly sqlState?: string;
  readonly message: string;
}

/** What kind of failure an error of the server is, and what mends it where the code alone doesn't say. */
interface Rule {
  readonly code: JobErrorCode;
  readonly mend?: string;
}

// Error numbers: https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html and, from 1900 on, MariaDB's
// https://mariadb.com/kb/en/mariadb-error-code-reference/
const BY_NUMBER: Readonly<Record<number, Rule>> = {
  1040: { code: 'SOURCE_UNREACHABLE', mend: 'the server has no connection slot left (max_connections)' },
  1044: { code: 'SOURCE_REFUSED', mend: 'the user may not use MYSQL_DATABASE: GRANT SELECT on it' },
  1045: { code: 'SOURCE_REFUSED' },
  1049: { code: 'CONFIG_INVALID', mend: 'check MYSQL_DATABASE' },
  1053: { code: 'SOURCE_LOST' }, // shutting down
  1054: { code: 'COLUMN_NOT_FOUND' },
  1060: { code: 'QUERY_INVALID', mend: 'give each column of the query a name of its own' },
  1064: { code: 'QUERY_INVALID' },
  1129: { code: 'SOURCE_REFUSED', mend: 'the server blocks this host: mariadb-admin flush-hosts' },
  1130: { code: 'SOURCE_REFUSED', mend: "the server lets no such user in from this host: CREATE USER 'user'@'%'" },
  1142: { code: 'SOURCE_REFUSED', mend: 'GRANT SELECT on the table' },
  1143: { code: 'SOURCE_REFUSED', mend: 'GRANT SELECT on the column' },
  1146: { code: 'DATASET_NOT_FOUND' },
  1203: { code: 'SOURCE_UNREACHABLE', mend: 'the user has as many connections as it may' },
  1205: { code: 'SOURCE_UNREACHABLE', mend: 'another session holds a lock on the table, perhaps a migration; it is tried again' },
  1226: { code: 'SOURCE_UNREACHABLE', mend: 'the user has used up what it may (max_user_connections, max_queries_per_hour)' },
  1356: { code: 'QUERY_FAILED', mend: 'the view is broken: mend or drop it' },
  1412: { code: 'SNAPSHOT_EXPIRED', mend: 'the table was altered while the run went on; it is tried again' },
  1792: { code: 'QUERY_INVALID', mend: 'a dataset only reads' },
  1927: { code: 'SOURCE_LOST', mend: 'somebody killed the connection at the server' },
  3159: { code: 'SOURCE_REFUSED', mend: 'the server asks for TLS: MYSQL_SSLMODE=require' },
  3954: { code: 'QUERY_INVALID', mend: 'a dataset only reads' }, // INTO OUTFILE in a subquery
};

// SQLSTATE classes, for what has no rule of its own.
const BY_CLASS: Readonly<Record<string, JobErrorCode>> = {
  '08': 'SOURCE_LOST',
  '28': 'SOURCE_REFUSED',
  '42': 'QUERY_INVALID',
};

const MENDS: Partial<Record<JobErrorCode, string>> = {
  SOURCE_UNREACHABLE: 'check MYSQL_HOST and MYSQL_PORT, that the server runs, and that DOCKER_NETWORK is a network that reaches it',
  SOURCE_REFUSED: 'check MYSQL_USER and MYSQL_PASSWORD and that the user may SELECT',
};

// mysql2 gives errors of the client numbers too (a socket's errno is negative, its own begin at 2000); a server's come with a SQLSTATE.
function isOfServer(error: ServerError): error is ServerError & { errno: number; sqlState: string } {
  return typeof error.errno === 'number' && error.errno >= 1000 && typeof error.sqlState === 'string';
}

/** The contract's error for whatever mysql2 threw while doing something; `otherwise` is for errors that no server sent. */
export function sourceError(error: unknown, doing: string, otherwise: 'SOURCE_UNREACHABLE' | 'SOURCE_LOST'): JobError {
  if (error instanceof JobError) return error;
  const failure = error as ServerError;
  const rule: Rule = isOfServer(failure)
    ? (BY_NUMBER[failure.errno] ?? { code: BY_CLASS[failure.sqlState.slice(0, 2)] ?? 'QUERY_FAILED' })
    : { code: otherwise };
  const mend = rule.mend ?? MENDS[rule.code];
  const details = isOfServer(failure) ? { errno: failure.errno, sqlstate: failure.sqlState } : undefined;
  return new JobError(rule.code, `${doing}: ${failure.message}${mend === undefined ? '' : `; ${mend}`}`, {
    cause: error,
    ...(details === undefined ? {} : { details }),
  });
}
