import { ownerMetadata } from '@esclusa/contract';
import type { Bucket } from './bucket.ts';
import type { AttemptEntry } from './entries.ts';

/** What a sweep took away. */
export interface Swept {
  readonly uploads: number;
  readonly objects: number;
}

/** The part of an attempt that a sweep must know. */
export type SweptAttempt = Pick<AttemptEntry, 'run' | 'attempt' | 'keys'>;

// S3 tells times by the second, and its hosts' clocks may be a moment apart.
const CLOCK_SLACK_MS = 2_000;

/**
 * Takes away what a dead attempt left: uploads on exactly its keys that were opened after it began, and, if it is aborted,
 * objects at exactly its keys that bear its mark. Nothing else is touched, be it a longer key beside them or a stranger's object
 * at the same key. Only to be called once the container has stopped and its commit key is decided.
 * `began` is by S3's clock, as the uploads' times are.
 */
export async function sweepAttempt(bucket: Bucket, { run, attempt, keys }: SweptAttempt, began: Date, state: 'committed' | 'aborted'): Promise<Swept> {
  let uploads = 0;
  let objects = 0;
  const mark = ownerMetadata(run, attempt);
  const since = began.getTime() - CLOCK_SLACK_MS;
  for (const key of Object.values(keys)) {
    for (const upload of await bucket.uploads(key)) {
      if (upload.key !== key || (upload.initiated !== undefined && upload.initiated.getTime() < since)) continue;
      await bucket.abortUpload(upload);
      uploads++;
    }
    if (state === 'committed') continue;
    const object = await bucket.head(key);
    if (object === undefined || Object.entries(mark).some(([name, value]) => object.metadata[name] !== value)) continue;
    await bucket.delete(key);
    objects++;
  }
  return { uploads, objects };
}
