import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { JobError } from '@esclusa/contract';
import type { BufferPool } from './buffer-pool.ts';
import { onS3 } from './client.ts';
import { isRefused } from './commit-store.ts';
import { MAX_PARTS, partSize, partsInFlight } from './part-size.ts';

/** Where an object goes and whose it is. */
export interface ObjectTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly metadata: Record<string, string>;
  readonly contentType: string;
  readonly signal: AbortSignal;
  readonly buffers: BufferPool;
}

/**
 * One object as a multipart upload that stays invisible until {@link complete} is called: raw commands, because
 * lib-storage completes by itself. Bytes are copied into part buffers of fixed size; `write` waits while all are full,
 * which is the back-pressure that reaches the source.
 */
export class MultipartObject {
  /** Bytes written so far. */
  bytes = 0;
  readonly #target: ObjectTarget;
  readonly #uploadId: string;
  readonly #hash = createHash('sha256');
  readonly #parts: CompletedPart[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #partNumber = 1;
  #buffer: Buffer | undefined;
  #filled = 0;
  #failure: unknown;
  #sha256: string | undefined;

  private constructor(target: ObjectTarget, uploadId: string) {
    this.#target = target;
    this.#uploadId = uploadId;
  }

  /** Opens the upload; nothing is visible in the bucket yet. */
  static async create(target: ObjectTarget): Promise<MultipartObject> {
    const { client, bucket, key, metadata, contentType, signal } = target;
    const created = await onS3(`opening the upload of ${key}`, bucket, () =>
      client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, Metadata: metadata, ContentType: contentType, ChecksumAlgorithm: 'CRC32' }), {
        abortSignal: signal,
      }),
    );
    if (created.UploadId === undefined) throw new JobError('S3_UNAVAILABLE', `S3 opened the upload of ${key} without an id`);
    return new MultipartObject(target, created.UploadId);
  }

  /** Where it will be. */
  get key(): string {
    return this.#target.key;
  }

  /** Takes bytes; resolves when the next ones may come. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    this.bytes += chunk.byteLength;
    for (let taken = 0; taken < chunk.byteLength;) {
      this.#buffer ??= await this.#takeBuffer();
      const n = Math.min(chunk.byteLength - taken, this.#buffer.byteLength - this.#filled);
      this.#buffer.set(chunk.subarray(taken, taken + n), this.#filled);
      this.#filled += n;
      taken += n;
      if (this.#filled === this.#buffer.byteLength) this.#sendPart(this.#buffer);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Uploads what is left; after it every byte is at S3, checked by its CRC-32, and still invisible. Returns the SHA-256 (hex). */
  async finish(): Promise<string> {
    if (this.#buffer !== undefined) this.#sendPart(this.#buffer);
    await Promise.all(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
    this.#sha256 = this.#hash.digest('hex');
    return this.#sha256;
  }

  /** Makes the object visible, unless the key is taken: nothing is ever overwritten. */
  async complete(): Promise<void> {
    const { client, bucket, key, signal } = this.#target;
    if (this.#sha256 === undefined) throw new Error('complete() before finish()');
    const parts = this.#parts.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    await onS3(`completing ${key}`, bucket, async () => {
      try {
        await client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: this.#uploadId,
            IfNoneMatch: '*',
            MultipartUpload: { Parts: parts },
          }),
          { abortSignal: signal },
        );
      } catch (error) {
        // The answer of an earlier try may have been lost after it had succeeded: then the object is ours and whole.
        if (!lostAnswer(error) || (await this.isMine()) !== true) throw completeError(error, key);
      }
    });
  }

  /** Returns true if the key holds this very object; undefined if it holds nothing, or this identity may not look. */
  async isMine(): Promise<boolean | undefined> {
    const { client, bucket, key, metadata } = this.#target;
    try {
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return head.ContentLength === this.bytes && Object.entries(metadata).every(([name, value]) => head.Metadata?.[name] === value);
    } catch (error) {
      if ((error as { name?: string }).name === 'NotFound' || isRefused(error)) return undefined;
      throw error;
    }
  }

  /** Gives the upload up; waits for parts on their way first, since one that lands later would stay. */
  async abort(): Promise<void> {
    const { client, bucket, key } = this.#target;
    await Promise.all(this.#inFlight);
    try {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: this.#uploadId }));
    } catch (error) {
      if ((error as { name?: string }).name !== 'NoSuchUpload') throw error;
    }
  }

  #sendPart(buffer: Buffer): void {
    const body = buffer.subarray(0, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
    const partNumber = this.#partNumber++;
    const sending = this.#upload(partNumber, body)
      .catch((error: unknown) => {
        // The first cause wins; later parts often fail only because the first one did.
        this.#failure ??= error;
      })
      .finally(() => {
        this.#inFlight.delete(sending);
        this.#target.buffers.give(buffer);
      });
    this.#inFlight.add(sending);
  }

  async #upload(partNumber: number, body: Buffer): Promise<void> {
    const { client, bucket, key, signal } = this.#target;
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    const checksum = crc.toString('base64');
    const uploaded = await onS3(`uploading part ${partNumber} of ${key}`, bucket, () =>
      client.send(
        new UploadPartCommand({
          Bucket: bucket,
          Key: key,
          UploadId: this.#uploadId,
          PartNumber: partNumber,
          Body: body,
          ContentLength: body.byteLength,
          ChecksumCRC32: checksum,
        }),
        { abortSignal: signal },
      ),
    );
    if (uploaded.ETag === undefined) throw new JobError('S3_UNAVAILABLE', `S3 took part ${partNumber} of ${key} without an ETag`);
    this.#parts.push({ PartNumber: partNumber, ETag: uploaded.ETag, ChecksumCRC32: checksum });
  }

  /** A buffer for the next part, once there is room for it. */
  async #takeBuffer(): Promise<Buffer> {
    const size = partSize(this.#partNumber);
    if (size === undefined)
      throw new JobError(
        'REQUEST_INVALID',
        `${this.#target.key} would need more than ${MAX_PARTS} parts: it has one record of more than all that S3 leaves room for; leave its column out`,
      );
    while (this.#inFlight.size > partsInFlight(size)) await Promise.race(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
    return this.#target.buffers.take(size);
  }
}

function lostAnswer(error: unknown): boolean {
  return ['NoSuchUpload', 'PreconditionFailed'].includes((error as { name?: string }).name ?? '');
}

function completeError(error: unknown, key: string): unknown {
  if ((error as { name?: string }).name !== 'PreconditionFailed') return error;
  return new JobError('OUTPUT_EXISTS', `an object of somebody else stands at ${key}; nothing was overwritten`, { cause: error });
}
