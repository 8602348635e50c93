/** What DocumentDB raises by SQLSTATE, as MongoDB numbers and names it. The rest is an OperationFailed with its SQLSTATE. */
const BY_SQLSTATE = {
  M0000: [1, 'InternalError'],
  M0001: [2, 'BadValue'],
  M0003: [9, 'FailedToParse'],
  M0004: [14, 'TypeMismatch'],
  M0005: [15, 'Overflow'],
  M0006: [20, 'IllegalOperation'],
  M0008: [26, 'NamespaceNotFound'],
  M0009: [27, 'IndexNotFound'],
  M000A: [28, 'PathNotViable'],
  M000D: [40, 'ConflictingUpdateOperators'],
  M000E: [43, 'CursorNotFound'],
  M000F: [48, 'NamespaceExists'],
  M000G: [52, 'DollarPrefixedFieldName'],
  M000M: [66, 'ImmutableField'],
  M000N: [67, 'CannotCreateIndex'],
  M000P: [72, 'InvalidOptions'],
  M000Q: [73, 'InvalidNamespace'],
  M000R: [85, 'IndexOptionsConflict'],
  M000S: [86, 'IndexKeySpecsConflict'],
  M000U: [115, 'CommandNotSupported'],
  M00CO: [121, 'DocumentFailedValidation'],
  M000W: [146, 'ExceededMemoryLimit'],
  M000Z: [166, 'CommandNotSupportedOnView'],
  M0015: [241, 'ConversionFailure'],
  M0016: [263, 'OperationNotSupportedInTransaction'],
  M001B: [10334, 'BSONObjectTooLarge'],
  M001C: [11000, 'DuplicateKey'],
  M007O: [40234, 'Location40234'],
  M007U: [40324, 'Location40324'],
  M0088: [40415, 'Location40415'],
  '0A000': [115, 'CommandNotSupported'],
  '22P02': [2, 'BadValue'],
  22023: [2, 'BadValue'],
  23505: [11000, 'DuplicateKey'],
  '23P01': [11000, 'DuplicateKey'],
  40001: [112, 'WriteConflict'],
  '40P01': [112, 'WriteConflict'],
  '42P01': [26, 'NamespaceNotFound'],
  '55P03': [24, 'LockTimeout'],
  57014: [11601, 'Interrupted'],
};
const OTHER = [96, 'OperationFailed'];

/** A command's failure, as the client is told it. */
export class CommandError extends Error {
  constructor(code, codeName, message, labels = []) {
    super(message);
    this.code = code;
    this.codeName = codeName;
    this.labels = labels;
  }

  toDocument() {
    const labels = this.labels.length > 0 ? { errorLabels: this.labels } : {};
    return { ok: 0, errmsg: this.message, code: this.code, codeName: this.codeName, ...labels };
  }
}

/** Any failure as a CommandError. */
export function asCommandError(error) {
  if (error instanceof CommandError) return error;
  const [code, codeName] = BY_SQLSTATE[error.code] ?? OTHER;
  return new CommandError(code, codeName, code === OTHER[0] && error.code !== undefined ? `${error.message} (${error.code})` : error.message);
}

/** MongoDB's number for the one that DocumentDB gives inside a write's answer, which is an SQLSTATE packed by PostgreSQL. */
export function unpackWriteErrorCode(packed) {
  let state = '';
  for (let shift = 0; shift < 30; shift += 6) state += String.fromCharCode(((packed >> shift) & 0x3f) + 48);
  return BY_SQLSTATE[state]?.[0] ?? packed;
}
