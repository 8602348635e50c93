import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { type CommitStore, JobError, s3FailureCode, s3FailureMessage } from '@esclusa/contract';

const CONDITIONAL_TRIES = 5;
// 412, 409, and 404 when the object has gone.
const CHANGED: ReadonlySet<string> = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);
const PATIENCE = { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true };
// As many as HTTP lets in, and how long one of them may take nothing.
const READERS = 200;
const READER_SILENCE_MS = 60_000;
// S3's own bound.
const MAX_PAGE = 1_000;

/** S3 credentials that do not change. */
export interface GivenCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How to reach the bucket. Credentials that are not given come from AWS's default chain: environment, `~/.aws`, role. */
export interface BucketOptions {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly credentials?: GivenCredentials | undefined;
}

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly lastModified: Date;
}

/** An object's text, the mark of this very content, its user metadata, and when S3 received it, by its own clock. */
export interface TaggedObject {
  readonly text: string;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModified: Date;
}

/** Metadata and type of an object. */
export interface ObjectHeaders {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

/** Metadata, time and size of an object. */
export interface ObjectHead {
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModified: Date | undefined;
  readonly bytes: number | undefined;
}

/** An object is larger than whoever reads it lets it be; its body was not read. */
export class ObjectTooLarge extends Error {
  readonly etag: string;

  constructor(key: string, maxBytes: number, etag: string) {
    super(`the object ${key} is larger than the ${maxBytes} bytes that are read of it`);
    this.name = 'ObjectTooLarge';
    this.etag = etag;
  }
}

/** Gives {@link ObjectTooLarge} back as an answer; throws any other failure on. */
export function ifTooLarge(error: unknown): ObjectTooLarge {
  if (error instanceof ObjectTooLarge) return error;
  throw error;
}

/** Most bytes that are read of an object into memory, by its kind. */
export const MAX_BYTES = { document: 1024 * 1024, manifest: 8 * 1024 * 1024, states: 8 * 1024 * 1024, log: 2 * 1024 * 1024 } as const;

/** An open multipart upload. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date | undefined;
}

/** S3 credentials as they stand now, to be handed to a job. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** The few things that the gateway does to a bucket. Failures are {@link JobError}s with the contract's S3 codes. */
export class Bucket implements CommitStore {
  readonly name: string;
  readonly #client: S3Client;
  readonly #options: S3ClientConfig;
  #readersClient: S3Client | undefined;

  constructor(options: BucketOptions) {
    this.name = options.bucket;
    this.#options = {
      region: options.region,
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      // A copy: the client writes its own marks into it.
      ...(options.credentials === undefined ? {} : { credentials: { ...options.credentials } }),
      forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
      maxAttempts: 4,
    };
    this.#client = new S3Client({ ...this.#options, requestHandler: PATIENCE });
  }

  /** PUT with `If-None-Match: *`. */
  async putIfAbsent(key: string, body: string, headers: ObjectHeaders = {}): Promise<'written' | 'exists'> {
    return this.#call(`writing ${key}`, async () => {
      for (let tried = 1; ; tried++) {
        try {
          await this.#client.send(new PutObjectCommand({ ...this.#at(key), Body: body, ...headersOf(headers), IfNoneMatch: '*' }));
          return 'written';
        } catch (error) {
          if (nameOf(error) === 'PreconditionFailed') return 'exists';
          // 409: another conditional write of the key was under way; S3 asks to try again.
          if (nameOf(error) !== 'ConditionalRequestConflict' || tried >= CONDITIONAL_TRIES) throw error;
          await sleep(100 * tried);
        }
      }
    });
  }

  /** PUT with `If-Match`: only onto the content that was read. `changed` when another one stands there, none, or one is being written. */
  async putIfMatch(key: string, body: string, etag: string, headers: ObjectHeaders = {}): Promise<'written' | 'changed'> {
    return this.#call(`writing ${key}`, async () => {
      try {
        await this.#client.send(new PutObjectCommand({ ...this.#at(key), Body: body, ...headersOf(headers), IfMatch: etag }));
        return 'written';
      } catch (error) {
        if (CHANGED.has(nameOf(error) ?? '')) return 'changed';
        // Better what may be overtaken in a race of two than what never moves.
        if (nameOf(error) !== 'NotImplemented') throw error;
        await this.put(key, body, headers);
        return 'written';
      }
    });
  }

  /** PUT, whatever stands there. */
  async put(key: string, body: string, headers: ObjectHeaders = {}): Promise<void> {
    await this.#call(`writing ${key}`, () => this.#client.send(new PutObjectCommand({ ...this.#at(key), Body: body, ...headersOf(headers) })));
  }

  /** The object's text; undefined when there is none. Rejects with {@link ObjectTooLarge}. */
  async get(key: string, maxBytes: number = MAX_BYTES.document): Promise<string | undefined> {
    return (await this.getTagged(key, maxBytes))?.text;
  }

  /** The object's text with what goes with it; undefined when there is none. Rejects with {@link ObjectTooLarge}, the body unread. */
  async getTagged(key: string, maxBytes: number = MAX_BYTES.document): Promise<TaggedObject | undefined> {
    return this.#call(`reading ${key}`, async () => {
      try {
        const { Body, ETag = '', ContentLength, Metadata = {}, LastModified } = await this.#client.send(new GetObjectCommand(this.#at(key)));
        if (Body === undefined) return undefined;
        const text = await readText(Body as Readable, ContentLength, maxBytes, () => new ObjectTooLarge(key, maxBytes, ETag));
        return { text, etag: ETag, metadata: Metadata, lastModified: LastModified ?? new Date(0) };
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    });
  }

  /**
   * An object's bytes as they come, to be read or destroyed; undefined when there is none. Rejects with {@link ObjectTooLarge}, before
   * any of it is read. Readers take their time, so these have connections of their own.
   */
  async stream(key: string, maxBytes: number): Promise<Readable | undefined> {
    const found = await this.#call(`reading ${key}`, async () => {
      try {
        return await this.#forReaders().send(new GetObjectCommand(this.#at(key)));
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    });
    if (!(found?.Body instanceof Readable)) return undefined;
    if ((found.ContentLength ?? Infinity) <= maxBytes) return found.Body;
    found.Body.destroy();
    throw new ObjectTooLarge(key, maxBytes, found.ETag ?? '');
  }

  /** Reads an object's metadata, size and age, the age by S3's own clock; undefined when there is none. */
  async head(key: string): Promise<ObjectHead | undefined> {
    return this.#call(`looking at ${key}`, async () => {
      try {
        const { Metadata, LastModified, ContentLength } = await this.#client.send(new HeadObjectCommand(this.#at(key)));
        return { metadata: Metadata ?? {}, lastModified: LastModified, bytes: ContentLength };
      } catch (error) {
        if (nameOf(error) === 'NotFound') return undefined;
        throw error;
      }
    });
  }

  /** Deletes an object; one that is not there is fine. */
  async delete(key: string): Promise<void> {
    await this.#call(`deleting ${key}`, () => this.#client.send(new DeleteObjectCommand(this.#at(key))));
  }

  /** Keys under a prefix, in order. */
  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const page of this.pages(prefix)) keys.push(...page.map(({ key }) => key));
    return keys;
  }

  /** Objects under a prefix, in the order of their keys, as pages of at most `size`; those after a key only, if one is given. */
  async *pages(prefix: string, { after, size = MAX_PAGE }: { after?: string | undefined; size?: number } = {}): AsyncGenerator<ListedObject[]> {
    let token: string | undefined;
    do {
      const page = await this.#call(`listing ${prefix}`, () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.name,
            Prefix: prefix,
            MaxKeys: size,
            ...(token === undefined ? (after === undefined ? {} : { StartAfter: after }) : { ContinuationToken: token }),
          }),
        ),
      );
      yield (page.Contents ?? []).flatMap(({ Key, LastModified }) => (Key === undefined ? [] : [{ key: Key, lastModified: LastModified ?? new Date(0) }]));
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Open uploads whose key starts with a prefix, as pages of at most 1,000. */
  async *uploads(prefix: string): AsyncGenerator<OpenUpload[]> {
    let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (marker !== undefined) {
      const from = marker;
      const page: ListMultipartUploadsCommandOutput = await this.#call(`listing uploads on ${prefix}`, () =>
        this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: prefix, ...from })),
      );
      yield (page.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) =>
        Key === undefined || UploadId === undefined ? [] : [{ key: Key, uploadId: UploadId, initiated: Initiated }],
      );
      const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
      marker = IsTruncated === true && NextKeyMarker !== undefined ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker ?? '' } : undefined;
    }
  }

  /** Aborts an upload; one that is gone is fine. */
  async abortUpload({ key, uploadId }: OpenUpload): Promise<void> {
    await this.#call(`aborting an upload on ${key}`, async () => {
      try {
        await this.#client.send(new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: uploadId }));
      } catch (error) {
        if (nameOf(error) !== 'NoSuchUpload') throw error;
      }
    });
  }

  /** Rejects when the bucket can't be used. */
  async check(): Promise<void> {
    await this.#call('looking for the bucket', async () => {
      try {
        await this.#client.send(new HeadBucketCommand({ Bucket: this.name }));
      } catch (error) {
        // HEAD answers carry no body, so S3 can't say which of the two "not found" it is.
        if (nameOf(error) === 'NotFound') throw Object.assign(new Error('no such bucket'), { name: 'NoSuchBucket' });
        throw error;
      }
    });
  }

  /** The credentials that the default chain gives now. */
  async credentials(): Promise<Credentials> {
    return this.#call('looking for credentials', () => this.#client.config.credentials());
  }

  /** Made when somebody reads: what they hold open must not keep the ledger waiting. */
  #forReaders(): S3Client {
    const agent = { maxSockets: READERS };
    const requestHandler = { ...PATIENCE, socketTimeout: READER_SILENCE_MS, httpAgent: agent, httpsAgent: agent };
    return (this.#readersClient ??= new S3Client({ ...this.#options, credentials: this.#client.config.credentials, requestHandler }));
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.name, Key: key };
  }

  async #call<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      if (cause instanceof ObjectTooLarge) throw cause;
      const code = s3FailureCode(cause);
      throw new JobError(code, s3FailureMessage(code, doing, this.name, cause), { cause });
    }
  }
}

function headersOf({ metadata, contentType = 'application/json' }: ObjectHeaders): { ContentType: string; Metadata?: Record<string, string> } {
  return { ContentType: contentType, ...(metadata === undefined ? {} : { Metadata: { ...metadata } }) };
}

/** Reads no more than it may, whatever was announced. */
async function readText(body: Readable, announced: number | undefined, maxBytes: number, tooLarge: () => ObjectTooLarge): Promise<string> {
  if ((announced ?? 0) > maxBytes) {
    // A body that is not read must not hold its connection.
    body.destroy();
    throw tooLarge();
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function nameOf(error: unknown): string | undefined {
  return (error as { name?: string }).name;
}
