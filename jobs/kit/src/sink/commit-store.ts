import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type CommitStore, JobError } from '@esclusa/contract';

const TRIES = 5;

/** The commit key's two calls on S3. */
export function commitStore(client: S3Client, bucket: string): CommitStore {
  return {
    async putIfAbsent(key, body) {
      for (let tried = 1; ; tried++) {
        try {
          await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json', IfNoneMatch: '*' }));
          return 'written';
        } catch (error) {
          const name = (error as { name?: string }).name;
          if (name === 'PreconditionFailed') return 'exists';
          // 409: another conditional write of the key was under way; S3 asks to try again.
          if (name !== 'ConditionalRequestConflict' || tried >= TRIES) throw error;
          await sleep(100 * tried);
        }
      }
    },
    async get(key) {
      try {
        return await textAt(client, bucket, key);
      } catch (error) {
        if (!isRefused(error)) throw error;
        // Only who was refused a write reads it. Whoever decided, this very job by a try whose answer was lost, or the gateway: it is the gateway that goes by it.
        throw new JobError('ATTEMPT_ABORTED', 'the attempt is decided already, and how this identity may not read', { cause: error });
      }
    },
  };
}

/** An object's text; undefined when there is none. */
export async function textAt(client: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await object.Body?.transformToString('utf8');
  } catch (error) {
    if ((error as { name?: string }).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** Returns true if S3 forbids the call to this identity (HTTP 403). */
export function isRefused(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 403;
}
