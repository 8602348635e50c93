import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { poll } from '../lib/poll.ts';
import { bucketPolicy } from '../lib/s3-policies.ts';

/** The demo's S3. */
export class DemoS3 {
  readonly #client: S3Client;

  constructor(endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string }) {
    this.#client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  }

  /** Waits until S3 answers, and creates the bucket unless it is there. */
  async prepare(bucket: string): Promise<void> {
    await poll('S3', 90, () => this.#client.send(new ListBucketsCommand({})));
    try {
      await this.#client.send(new CreateBucketCommand({ Bucket: bucket }));
    } catch (error) {
      if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) throw error;
    }
  }

  /** Lets gateway, jobs and analysts do what docs/policies says, and no more: on the project's own S3, where these are users. */
  async restrict(bucket: string): Promise<void> {
    await this.#client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: bucketPolicy(bucket) }));
  }

  /** The first `bytes` of an object, as text. */
  async head(url: string, bytes: number): Promise<string> {
    const { hostname, pathname } = new URL(url);
    const object = await this.#client.send(new GetObjectCommand({ Bucket: hostname, Key: pathname.slice(1), Range: `bytes=0-${bytes - 1}` }));
    return (await object.Body?.transformToString('utf8')) ?? '';
  }
}
