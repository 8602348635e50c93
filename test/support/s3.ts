import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type Commit, commitSchema } from '@esclusa/contract';

/** How tests reach the S3 that they share. */
export interface S3Access {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A bucket of one test file, looked at with the S3 client and never through the gateway. */
export class TestBucket {
  readonly name: string;
  readonly client: S3Client;

  /** `maxAttempts`: how often a call is tried; more than the SDK's own number for an S3 that is killed now and then. */
  constructor(access: S3Access, name: string, maxAttempts = 3) {
    this.name = name;
    const { endpoint, ...credentials } = access;
    this.client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts });
  }

  async create(): Promise<void> {
    await this.client.send(new CreateBucketCommand({ Bucket: this.name }));
  }

  /** Deletes the bucket and all that is in it. */
  async destroy(): Promise<void> {
    await this.abortUploads();
    const keys = await this.keys();
    // S3's own bound on one call.
    for (let from = 0; from < keys.length; from += 1_000) {
      const Objects = keys.slice(from, from + 1_000).map((Key) => ({ Key }));
      await this.client.send(new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects, Quiet: true } }));
    }
    await this.client.send(new DeleteBucketCommand({ Bucket: this.name }));
  }

  /** Every key in the bucket. */
  async keys(prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      );
      keys.push(...(page.Contents ?? []).map((object) => object.Key ?? ''));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }

  /** Keys of data: everything outside of the ledger's prefix. */
  async dataKeys(): Promise<string[]> {
    return (await this.keys()).filter((key) => !key.startsWith('_esclusa/'));
  }

  /** Open multipart uploads. */
  async uploads(): Promise<{ key: string; uploadId: string }[]> {
    const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.name }));
    return (page.Uploads ?? []).map(({ Key = '', UploadId = '' }) => ({ key: Key, uploadId: UploadId }));
  }

  /** Aborts every open upload, a stranger's too. */
  async abortUploads(): Promise<void> {
    for (const { key, uploadId } of await this.uploads()) {
      await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.name, Key: key, UploadId: uploadId }));
    }
  }

  /** Number of parts that an open upload has. */
  async parts(key: string, uploadId: string): Promise<number> {
    const page = await this.client.send(new ListPartsCommand({ Bucket: this.name, Key: key, UploadId: uploadId }));
    return page.Parts?.length ?? 0;
  }

  async bytes(key: string): Promise<Buffer> {
    const object = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  }

  async text(key: string): Promise<string> {
    return (await this.bytes(key)).toString('utf8');
  }

  /** Writes an object to a file, however big it is. */
  async download(key: string, file: string): Promise<void> {
    const object = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    await pipeline(object.Body as Readable, createWriteStream(file));
  }

  /** Every decision in the ledger, by key. */
  async commits(): Promise<{ key: string; commit: Commit }[]> {
    const keys = await this.keys('_esclusa/commits/');
    return Promise.all(keys.map(async (key) => ({ key, commit: commitSchema.parse(JSON.parse(await this.text(key))) })));
  }

  async put(key: string, body: string, metadata: Record<string, string> = {}): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, Metadata: metadata }));
  }

  /** Opens a multipart upload as a stranger would, with one part. */
  async plantUpload(key: string): Promise<string> {
    const { UploadId = '' } = await this.client.send(new CreateMultipartUploadCommand({ Bucket: this.name, Key: key }));
    await this.client.send(new UploadPartCommand({ Bucket: this.name, Key: key, UploadId, PartNumber: 1, Body: 'stranger' }));
    return UploadId;
  }
}

/** Key of an `s3://bucket/key` URL. */
export function keyOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
