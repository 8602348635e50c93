import { randomUUID } from 'node:crypto';
import { AbortMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  type Aborted,
  CONTRACT_VERSION,
  type CommitStore,
  type Compression,
  DATA_PACKAGE,
  JobError,
  type JobRequest,
  type Manifest,
  OWNER_METADATA,
  committedSchema,
  decideCommit,
  fileKey,
  listKey,
  ownerMetadata,
} from '@esclusa/contract';
import type { DatasetOptions } from '../options/dataset-options.ts';
import { BufferPool } from './buffer-pool.ts';
import { onS3 } from './client.ts';
import { commitStore, textAt } from './commit-store.ts';
import { MultipartObject } from './multipart.ts';

const CSV_TYPE = 'text/csv; charset=utf-8; header=present';
// Registered since 2024 (https://www.iana.org/assignments/media-types/application/vnd.apache.parquet).
const PARQUET_TYPE = 'application/vnd.apache.parquet';
// A content *encoding* beside the type of CSV would have clients unpack unseen, and bytes and hash would be those of nothing that they have.
const COMPRESSED_TYPE: Readonly<Record<Compression, string>> = { gzip: 'application/gzip', zstd: 'application/zstd' };

/** What an attempt writes down as its commit, but for what the publication itself adds. */
export type ManifestDraft = Pick<Manifest, 'job' | 'snapshot' | 'resources'> & { readonly source: Readonly<Record<string, unknown>> };

/**
 * All objects of one attempt, published in two phases: every dataset is uploaded whole and stays invisible; then all are
 * completed; then the manifest is put to the commit key, and that PUT alone decides (docs/architecture.md, "The commit key").
 */
export class Publication {
  readonly #client: S3Client;
  readonly #request: JobRequest;
  readonly #signal: AbortSignal;
  readonly #store: CommitStore;
  readonly #buffers = new BufferPool();
  readonly #token = randomUUID();
  readonly #objects: { key: string; upload: MultipartObject; completing: boolean }[] = [];

  constructor(client: S3Client, request: JobRequest, signal: AbortSignal) {
    this.#client = client;
    this.#request = request;
    this.#signal = signal;
    this.#store = commitStore(client, request.destination.bucket);
  }

  /** Looks whether the bucket is there and may be written to, leaving nothing behind. */
  async check(): Promise<void> {
    const { bucket, commitKey } = this.#request.destination;
    const options = { abortSignal: this.#signal };
    // Not by a HEAD of the bucket: an identity that may create and nothing else is refused that.
    await onS3('looking whether the bucket may be written to', bucket, async () => {
      const target = { Bucket: bucket, Key: `${commitKey}.check` };
      const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(target), options);
      await this.#client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    });
  }

  /** The manifest at a key; undefined where there is none, or something else. */
  async manifestAt(key: string): Promise<Manifest | undefined> {
    return onS3('reading the latest manifest', this.#request.destination.bucket, async () => {
      const text = await textAt(this.#client, this.#request.destination.bucket, key);
      try {
        return text === undefined ? undefined : committedSchema.safeParse(JSON.parse(text)).data;
      } catch {
        return undefined;
      }
    });
  }

  /** Opens the upload of a dataset's nth file, counted from 1, of the format and compression that the dataset asks for. */
  async open(dataset: string, number: number, { format, compression }: Pick<DatasetOptions, 'format' | 'compression'>): Promise<MultipartObject> {
    return this.#create(
      fileKey(this.#keyOf(dataset), number),
      format === 'parquet' ? PARQUET_TYPE : compression === undefined ? CSV_TYPE : COMPRESSED_TYPE[compression],
    );
  }

  /** Opens the upload of the list of a dataset's files. */
  async openList(dataset: string): Promise<MultipartObject> {
    return this.#create(listKey(this.#keyOf(dataset)), 'application/json');
  }

  #keyOf(dataset: string): string {
    const key = this.#request.destination.keys[dataset];
    if (key === undefined) throw new JobError('REQUEST_INVALID', `dataset "${dataset}" has no key`);
    return key;
  }

  async #create(key: string, contentType: string): Promise<MultipartObject> {
    const upload = await MultipartObject.create({
      client: this.#client,
      bucket: this.#request.destination.bucket,
      key,
      signal: this.#signal,
      buffers: this.#buffers,
      metadata: { ...ownerMetadata(this.#request.run, this.#request.attempt), [OWNER_METADATA.token]: this.#token },
      contentType,
    });
    this.#objects.push({ key, upload, completing: false });
    return upload;
  }

  /** Completes every object and commits. Rejects with `ATTEMPT_ABORTED` when somebody gave this attempt up before. */
  async commit(draft: ManifestDraft): Promise<Manifest> {
    const { run, attempt, pipeline, destination, image } = this.#request;
    for (const object of this.#objects) {
      this.#signal.throwIfAborted();
      object.completing = true;
      await object.upload.complete();
    }
    this.#signal.throwIfAborted();
    const { job, source, snapshot, resources } = draft;
    const manifest: Manifest = {
      $schema: DATA_PACKAGE,
      name: pipeline,
      created: new Date().toISOString(),
      state: 'committed',
      contract: CONTRACT_VERSION,
      run,
      attempt,
      token: this.#token,
      pipeline,
      job,
      ...(image === undefined ? {} : { jobImage: image }),
      source,
      snapshot,
      resources,
    };
    // From here on the answer must be learnt, whatever signal comes: the manifest may be in.
    const decided = await onS3('writing the commit key', destination.bucket, () => decideCommit(this.#store, destination.commitKey, manifest));
    if (decided.state === 'committed') return decided;
    throw new JobError('ATTEMPT_ABORTED', 'this attempt was given up by the gateway before it could commit');
  }

  /**
   * Takes everything back after a failure: uploads are aborted; objects that are visible already are deleted, but only once
   * `aborted` stands at the commit key. Resolves with the manifest if the attempt is committed after all: by this job, whose answer was
   * lost, or by the same attempt's other start, whose objects stand where this one's would.
   */
  async withdraw(reason: string): Promise<Manifest | undefined> {
    let committed: Manifest | undefined;
    if (this.#objects.some((object) => object.completing)) {
      const decided = await decideCommit(this.#store, this.#request.destination.commitKey, this.#aborted(reason));
      if (decided.state === 'committed') committed = decided;
    }
    const { bucket } = this.#request.destination;
    const results = await Promise.allSettled(
      this.#objects.map(async ({ key, upload, completing }) => {
        await upload.abort();
        if (committed === undefined && completing && (await upload.isMine()) === true)
          await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined && committed === undefined) throw failed.reason;
    return committed;
  }

  #aborted(reason: string): Aborted {
    const { run, attempt } = this.#request;
    return {
      state: 'aborted',
      contract: CONTRACT_VERSION,
      run,
      attempt,
      token: this.#token,
      by: 'job',
      reason,
      abortedAt: new Date().toISOString(),
    };
  }
}
