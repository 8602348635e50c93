import { furtherFilesPrefix, isFileKey, ownerMetadata } from '@esclusa/contract';
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
 * Takes away what a dead attempt left: uploads on exactly the keys of its files that were opened after it began, and, if it is aborted,
 * objects at exactly those keys that bear its mark. Nothing else is touched, be it a longer key beside them or a stranger's object
 * at the same key. How many files a dataset has become nobody may have written down, so they are looked for. Only to be called once the container has stopped and its commit key is decided.
 * `began` is by S3's clock, as the uploads' times are.
 */
export async function sweepAttempt(bucket: Bucket, { run, attempt, keys }: SweptAttempt, began: Date, state: 'committed' | 'aborted'): Promise<Swept> {
  let uploads = 0;
  let objects = 0;
  const mark = ownerMetadata(run, attempt);
  const since = began.getTime() - CLOCK_SLACK_MS;
  for (const key of Object.values(keys)) {
    const further = furtherFilesPrefix(key);
    for (const upload of [...(await bucket.uploads(key)), ...(await bucket.uploads(further))]) {
      if (!isFileKey(key, upload.key) || (upload.initiated !== undefined && upload.initiated.getTime() < since)) continue;
      await bucket.abortUpload(upload);
      uploads++;
    }
    if (state === 'committed') continue;
    const files = (await bucket.list(further)).filter((other) => isFileKey(key, other));
    for (const file of [key, ...files]) {
      const object = await bucket.head(file);
      if (object === undefined || Object.entries(mark).some(([name, value]) => object.metadata[name] !== value)) continue;
      await bucket.delete(file);
      objects++;
    }
  }
  return { uploads, objects };
}
