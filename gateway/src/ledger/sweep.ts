import { ownerMetadata } from '@esclusa/contract';
import type { Bucket } from './bucket.ts';
import type { AttemptEntry } from './entries.ts';

/** What a sweep took away. */
export interface Swept {
  readonly uploads: number;
  readonly objects: number;
}

// S3 tells times by the second, and its hosts' clocks may be a moment apart.
const CLOCK_SLACK_MS = 2_000;

/**
 * Takes away what a dead, aborted attempt left: uploads on exactly its keys that were opened after it began, and objects at
 * exactly its keys that bear its mark. Nothing else is touched, be it a longer key beside them or a stranger's object at the
 * same key. Only to be called once the container has stopped and `aborted` stands at the commit key.
 * `began` is by S3's clock, as the uploads' times are.
 */
export async function sweepAttempt(bucket: Bucket, entry: AttemptEntry, began: Date): Promise<Swept> {
  let uploads = 0;
  let objects = 0;
  const mark = ownerMetadata(entry.run, entry.attempt);
  const since = began.getTime() - CLOCK_SLACK_MS;
  for (const key of Object.values(entry.keys)) {
    for (const upload of await bucket.uploads(key)) {
      if (upload.key !== key || (upload.initiated !== undefined && upload.initiated.getTime() < since)) continue;
      await bucket.abortUpload(upload);
      uploads++;
    }
    const object = await bucket.head(key);
    if (object === undefined || Object.entries(mark).some(([name, value]) => object.metadata[name] !== value)) continue;
    await bucket.delete(key);
    objects++;
  }
  return { uploads, objects };
}
