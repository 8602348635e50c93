import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

/*
 * An S3 that throws large bodies away: what is measured into it is measured without an S3's own cost. Small objects (the ledger's, commit keys)
 * it keeps, with the conditions on them, since a gateway works on it. It looks at no signature. Runs as `node discard.ts PORT` in a container;
 * so it imports nothing of the project.
 */

/** Objects up to this are kept whole, of larger ones only the size. */
const KEPT_BYTES = 1024 * 1024;
const MAX_KEYS = 1_000;

interface Stored {
  readonly body: Buffer | undefined;
  readonly size: number;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modified: Date;
}

const buckets = new Map<string, Map<string, Stored>>();
const uploads = new Map<string, { bucket: string; key: string; metadata: Readonly<Record<string, string>>; parts: Map<string, number>; begun: Date }>();

/** An answer with XML, or none. */
type Answer = readonly [status: number, xml?: string | undefined, headers?: Readonly<Record<string, string>>];

const failure = (status: number, code: string): Answer => [status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`];
const NO_KEY = failure(404, 'NoSuchKey');
const REFUSED = failure(412, 'PreconditionFailed');
const NO_UPLOAD = failure(404, 'NoSuchUpload');

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Reads a body to its end; keeps it only while it is small. */
async function read(request: IncomingMessage): Promise<{ body: Buffer | undefined; size: number }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= KEPT_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return { body: size <= KEPT_BYTES ? Buffer.concat(chunks) : undefined, size };
}

/** The same for a part: counted, never kept. */
function count(request: IncomingMessage): Promise<number> {
  return new Promise((resolve, reject) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => (size += chunk.length));
    request.on('end', () => resolve(size));
    request.on('error', reject);
  });
}

function metadataOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).flatMap(([name, value]) => (name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [])));
}

/** Whether the request's conditions on what stands at the key are met. */
function allows(request: IncomingMessage, there: Stored | undefined): boolean {
  if (request.headers['if-none-match'] === '*' && there !== undefined) return false;
  const wanted = request.headers['if-match'];
  return wanted === undefined || wanted === there?.etag;
}

function list(objects: ReadonlyMap<string, Stored>, query: URLSearchParams): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const size = Number(query.get('max-keys') ?? MAX_KEYS);
  const found = [...objects].filter(([key]) => key.startsWith(prefix) && key > after).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const page = found.slice(0, size);
  const rows = page.map(
    ([key, { size: bytes, etag, modified }]) =>
      `<Contents><Key>${escape(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>${escape(etag)}</ETag><Size>${bytes}</Size></Contents>`,
  );
  const more = found.length > page.length;
  const next = more ? `<NextContinuationToken>${escape(page.at(-1)?.[0] ?? '')}</NextContinuationToken>` : '';
  return [200, `<ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${rows.join('')}</ListBucketResult>`];
}

function listUploads(bucket: string, prefix: string): Answer {
  const rows = [...uploads].flatMap(([id, upload]) =>
    upload.bucket === bucket && upload.key.startsWith(prefix)
      ? [`<Upload><Key>${escape(upload.key)}</Key><UploadId>${id}</UploadId><Initiated>${upload.begun.toISOString()}</Initiated></Upload>`]
      : [],
  );
  return [200, `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`];
}

async function onUpload(request: IncomingMessage, objects: Map<string, Stored>, key: string, id: string, part: string | null): Promise<Answer> {
  const upload = uploads.get(id);
  if (upload === undefined) return NO_UPLOAD;
  const etag = `"${id}"`;
  switch (request.method) {
    case 'PUT':
      upload.parts.set(part ?? '', await count(request));
      return [200, undefined, { etag }];
    case 'DELETE':
      uploads.delete(id);
      return [204];
    default: {
      await count(request);
      if (!allows(request, objects.get(key))) return REFUSED;
      const size = [...upload.parts.values()].reduce((sum, bytes) => sum + bytes, 0);
      objects.set(key, { body: undefined, size, etag, metadata: upload.metadata, modified: new Date() });
      uploads.delete(id);
      return [200, `<CompleteMultipartUploadResult><Key>${escape(key)}</Key><ETag>${etag}</ETag></CompleteMultipartUploadResult>`];
    }
  }
}

async function onObject(request: IncomingMessage, response: ServerResponse, objects: Map<string, Stored>, key: string): Promise<Answer | undefined> {
  const there = objects.get(key);
  switch (request.method) {
    case 'PUT': {
      const { body, size } = await read(request);
      if (!allows(request, objects.get(key))) return REFUSED;
      const etag = `"${randomUUID()}"`;
      objects.set(key, { body, size, etag, metadata: metadataOf(request), modified: new Date() });
      return [200, undefined, { etag }];
    }
    case 'DELETE':
      objects.delete(key);
      return [204];
    default: {
      if (there === undefined) return NO_KEY;
      if (request.method === 'GET' && there.body === undefined) return failure(501, 'NotImplemented');
      response.writeHead(200, { ...there.metadata, etag: there.etag, 'last-modified': there.modified.toUTCString(), 'content-length': String(there.size) });
      response.end(request.method === 'GET' ? there.body : undefined);
      return undefined;
    }
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(pathname)) ?? [];
  if (bucket === '') return [200, '<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>'];
  if (key === '' && request.method === 'PUT') {
    if (!buckets.has(bucket)) buckets.set(bucket, new Map());
    return [200];
  }
  const objects = buckets.get(bucket);
  if (objects === undefined) return failure(404, 'NoSuchBucket');
  if (key === '') {
    if (request.method === 'HEAD') return [200];
    return query.has('uploads') ? listUploads(bucket, query.get('prefix') ?? '') : list(objects, query);
  }
  if (request.method === 'POST' && query.has('uploads')) {
    const id = randomUUID();
    uploads.set(id, { bucket, key, metadata: metadataOf(request), parts: new Map(), begun: new Date() });
    return [200, `<InitiateMultipartUploadResult><Key>${escape(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`];
  }
  const id = query.get('uploadId');
  return id === null ? onObject(request, response, objects, key) : onUpload(request, objects, key, id, query.get('partNumber'));
}

const server = createServer((request, response) => {
  answer(request, response).then(
    (given) => {
      if (given === undefined) return;
      const [status, xml, headers] = given;
      // An answer to a request whose body nobody read would leave the rest of it in the connection.
      request.resume();
      response.writeHead(status, { ...headers, ...(xml === undefined ? { 'content-length': '0' } : { 'content-type': 'application/xml' }) });
      response.end(xml);
    },
    (error: Error) => {
      console.error(error.message);
      request.destroy();
    },
  );
});
// A gateway keeps its connections for longer than Node's five seconds.
server.keepAliveTimeout = 120_000;
server.listen(Number(process.argv[2]), '0.0.0.0');
