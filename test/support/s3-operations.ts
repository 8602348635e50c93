/** The kinds of objects that a key can name, by the folder below the ledger's prefix. */
const KINDS: Readonly<Record<string, string>> = {
  open: 'Open',
  attempts: 'Attempt',
  cancels: 'Cancel',
  stamps: 'Stamp',
  commits: 'CommitKey',
  latest: 'Latest',
  states: 'States',
  logs: 'Log',
  runs: 'Final',
  index: 'Index',
  idem: 'Idem',
  schedules: 'Schedule',
  probes: 'Probe',
};
const VERBS: Readonly<Record<string, string>> = { GET: 'Get', HEAD: 'Head', PUT: 'Put', DELETE: 'Delete', POST: 'Post' };

/**
 * The name of a call on S3: the API's own for multipart uploads (`UploadPart`), else a verb and what it is done to by its key
 * (`PutOpen`, `DeleteAttempt`, `ListOpen`, `PutCommitKey`, `HeadData`). Path style only: `/<bucket>/<key>`.
 */
export function operationOf(method: string, url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  if (searchParams.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (searchParams.has('uploadId')) {
    if (method === 'PUT') return 'UploadPart';
    if (method === 'POST') return 'CompleteMultipartUpload';
    return method === 'DELETE' ? 'AbortMultipartUpload' : 'ListParts';
  }
  if (searchParams.has('list-type')) return `List${kindOf(searchParams.get('prefix') ?? '')}`;
  const key = decodeURIComponent(pathname).split('/').slice(2).join('/');
  return `${VERBS[method] ?? method}${key === '' ? 'Bucket' : kindOf(key)}`;
}

function kindOf(key: string): string {
  const [, folder] = /^_esclusa\/([a-z]+)\//.exec(key) ?? [];
  if (folder === undefined) return 'Data';
  return key.endsWith('.verdict.json') ? 'Verdict' : (KINDS[folder] ?? 'Other');
}
