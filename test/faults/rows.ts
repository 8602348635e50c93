/** One fault in one run: fault, point, pipeline, what the caller gets, what comes of each attempt (a pattern), files that S3 holds after. */
export type Row = [fault: string, point: string, pipeline: string, caller: string, attempts: string, files: number];

/** Rows of the suite; `ESCLUSA_FAULT_ROWS=all` plays the others too. */
const PLAYED: Row[] = [
  ['gateway-kill', 's3:PutOpen:before#1', 'pedidos', 'cut, then 200', 'committed', 1],
  ['gateway-kill', 's3:PutOpen:after#1', 'pedidos', 'cut, then 200', 'committed', 1],
  ['gateway-kill', 's3:PutOpen:late#1', 'pedidos', 'cut, then 200', 'committed', 1],
  ['gateway-kill', 'docker:create:after#1', 'pedidos', 'cut, then 200', 'committed', 1],
  ['gateway-kill', 'docker:start:late#1', 'pedidos', 'cut, then 200', 'committed', 1],
  ['gateway-kill', 'job-s3:PutCommitKey:before#1', 'pedidos', 'cut, then 200', 'committed', 1],
  ['gateway-kill', 's3:PutFinal:after#1', 'pedidos', '200', 'committed', 1],
  ['job-kill', 'job-s3:UploadPart:after#1', 'grande', '200', 'JOB_INTERRUPTED, committed', 1],
  ['job-kill', 'job-s3:PutCommitKey:after#1', 'pedidos', '200', 'committed', 1],
  ['job-remove', 'job-s3:UploadPart:before#2', 'grande', '200', 'JOB_INTERRUPTED, committed', 1],
  ['prune', 'docker:create:after#1', 'pedidos', '200', 'committed', 1],
  ['database-kill', 'job-s3:UploadPart:before#1', 'enorme', '200', 'SOURCE_LOST, (SOURCE_UNREACHABLE, )*committed', 1],
  ['idle-kill', 'job-s3:UploadPart:before#1', 'enorme', '200', 'SOURCE_LOST, committed', 1],
];

/** Written, and not yet seen to pass on a loaded machine: an S3 front end that was killed did not always come back. Issue 4 is open for them. */
const OTHERS: Row[] = [
  ['s3-kill', 'job-s3:UploadPart:before#1', 'grande', '200', 'committed', 1],
  ['s3-kill', 's3:PutFinal:before#1', 'pedidos', '200', 'committed', 1],
  ['s3-freeze', 'job-s3:CompleteMultipartUpload:before#1', 'pedidos', '200', 'committed', 1],
  ['s3-away', 's3:PutAttempt:before#1', 'pedidos', '200', 'committed', 1],
  ['s3-slow', 's3:PutOpen:before#1', 'pedidos', '200', 'committed', 1],
  ['s3-500', 's3:PutOpen:before#1', 'pedidos', '503, then 200', 'committed', 1],
  ['s3-500', 'job-s3:PutCommitKey:before#1', 'pedidos', '200', 'committed', 1],
  ['s3-expired', 'job-s3:UploadPart:before#1', 'grande', '200', 'S3_TOKEN_EXPIRED, committed', 1],
  ['s3-reset', 'job-s3:UploadPart:before#1', 'grande', '200', 'committed', 1],
  ['s3-reset', 's3:PutOpen:before#1', 'pedidos', '200', 'committed', 1],
  ['s3-answer-lost', 's3:PutOpen:after#1', 'pedidos', '200', 'committed', 1],
  ['s3-answer-lost', 's3:PutIdem:after#1', 'pedidos', '200', 'committed', 1],
  ['s3-answer-lost', 'job-s3:PutCommitKey:after#1', 'pedidos', '200', 'committed', 1],
  ['docker-answer-lost', 'docker:create:after#1', 'pedidos', '200', 'committed', 1],
  ['docker-answer-lost', 'docker:start:after#1', 'pedidos', '200', 'committed', 1],
  ['docker-away', 'docker:start:after#1', 'pedidos', '200', 'committed', 1],
  ['none', 'random:1ms', 'allocate', '502', 'JOB_OUT_OF_MEMORY, JOB_OUT_OF_MEMORY', 0],
  ['none', 'random:1ms', 'fill', '502', 'INTERNAL', 0],
  ['caller-gone', 's3:PutAttempt:after#1', 'pedidos', 'gone', 'committed', 1],
];

export const ROWS: Row[] = process.env['ESCLUSA_FAULT_ROWS'] === 'all' ? [...PLAYED, ...OTHERS] : PLAYED;
