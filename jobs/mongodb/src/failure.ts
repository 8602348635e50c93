import { JobError, type JobErrorCode } from '@esclusa/contract';
import { Int32, Long } from 'mongodb';

interface DriverError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
}

interface Rule {
  readonly code: JobErrorCode;
  readonly mend?: string;
}

const SNAPSHOT_MEND =
  'the server keeps a snapshot for minSnapshotHistoryWindowInSeconds (300 by default): raise it (setParameter), or extract fewer datasets at once; it is tried again';

// Error codes: https://www.mongodb.com/docs/manual/reference/error-codes/
const BY_CODE: Readonly<Record<number, Rule>> = {
  2: { code: 'QUERY_INVALID', mend: 'check "filter" and "sort" of the dataset' }, // BadValue
  9: { code: 'QUERY_INVALID', mend: 'check "filter" and "sort" of the dataset' }, // FailedToParse
  14: { code: 'QUERY_INVALID' }, // TypeMismatch
  13: { code: 'SOURCE_REFUSED', mend: 'give the user the role "read" on MONGO_DATABASE' }, // Unauthorized
  18: { code: 'SOURCE_REFUSED' }, // AuthenticationFailed
  26: { code: 'DATASET_NOT_FOUND' }, // NamespaceNotFound
  43: { code: 'SOURCE_LOST', mend: 'the server dropped the cursor; it is tried again' }, // CursorNotFound
  50: { code: 'QUERY_FAILED', mend: "the server's own time limit cut the query" }, // MaxTimeMSExpired
  72: { code: 'CONFIG_INVALID', mend: 'the server knows no snapshots: set MONGO_CONSISTENCY=prefer' }, // InvalidOptions
  73: { code: 'QUERY_INVALID', mend: 'check "collection"' }, // InvalidNamespace
  123: { code: 'CONFIG_INVALID', mend: 'snapshots need a replica set: make the server one, or set MONGO_CONSISTENCY=prefer' }, // NotAReplicaSet
  136: { code: 'SOURCE_LOST', mend: 'a capped collection was written faster than it was read' }, // CappedPositionLost
  168: { code: 'QUERY_INVALID', mend: 'the server does not know an operator: check "filter"; "sample" needs $rand, which MongoDB has from 4.4.2 on' }, // InvalidPipelineOperator
  175: { code: 'SNAPSHOT_EXPIRED', mend: 'the collection was dropped or renamed meanwhile; it is tried again' }, // QueryPlanKilled
  237: { code: 'SOURCE_LOST', mend: 'somebody killed the cursor at the server' }, // CursorKilled
  239: { code: 'SNAPSHOT_EXPIRED', mend: SNAPSHOT_MEND }, // SnapshotTooOld
  246: { code: 'SNAPSHOT_EXPIRED', mend: 'the collection changed its indexes or is capped; it is tried again' }, // SnapshotUnavailable
  11_600: { code: 'SOURCE_LOST' }, // InterruptedAtShutdown
  11_601: { code: 'QUERY_FAILED', mend: 'somebody killed the operation at the server' }, // Interrupted
  11_602: { code: 'SOURCE_LOST' }, // InterruptedDueToReplStateChange
  91: { code: 'SOURCE_LOST' }, // ShutdownInProgress
};

const MENDS: Partial<Record<JobErrorCode, string>> = {
  SOURCE_UNREACHABLE: 'check MONGO_HOST and MONGO_PORT (or MONGO_URL), that the server runs, and that DOCKER_NETWORK is a network that reaches it',
  SOURCE_REFUSED: 'check MONGO_USER, MONGO_PASSWORD and MONGO_AUTH_SOURCE (or MONGO_URL)',
};

const OF_SETTINGS = new Set(['MongoParseError', 'MongoInvalidArgumentError', 'MongoMissingCredentialsError']);

/** The contract's error for whatever the driver threw while doing something; `otherwise` is for errors that no server sent. */
export function sourceError(error: unknown, doing: string, otherwise: 'SOURCE_UNREACHABLE' | 'SOURCE_LOST'): JobError {
  if (error instanceof JobError) return error;
  const { name, message } = error as DriverError;
  const code = numberOf((error as DriverError).code);
  const rule = ruleOf(name, code, otherwise);
  const mend = rule.mend ?? MENDS[rule.code];
  const sentence = `${doing}: ${message}${mend === undefined ? '' : `; ${mend}`}`;
  return new JobError(rule.code, sentence, { cause: error, ...(code === undefined ? {} : { details: { mongoCode: code } }) });
}

/** The server's number, which comes as a BSON integer where values are not promoted. */
function numberOf(code: unknown): number | undefined {
  if (typeof code === 'number') return code;
  return code instanceof Int32 || code instanceof Long ? Number(code.toString()) : undefined;
}

function ruleOf(name: string, code: number | undefined, otherwise: JobErrorCode): Rule {
  // A server's refusal has a number; the driver's own errors have words, and those of sockets neither.
  if (code !== undefined && name !== 'MongoNetworkError') return BY_CODE[code] ?? { code: 'QUERY_FAILED' };
  if (OF_SETTINGS.has(name)) return { code: 'CONFIG_INVALID' };
  // A value that is none: bytes that are no UTF-8 in a text, a document cut short.
  if (name === 'BSONError') return { code: 'QUERY_FAILED', mend: 'a document holds what is no valid BSON; leave it out by "filter", or mend it' };
  return { code: otherwise };
}
