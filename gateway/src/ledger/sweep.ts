import { furtherFilesPrefix, isFileKey, ownerMetadata } from '@esclusa/contract';
import PQueue from 'p-queue';
import type { Bucket } from './bucket.ts';
import type { AttemptEntry } from './entries.ts';

/** What a sweep took away. */
export interface Swept {
  readonly uploads: number;
  readonly objects: number;
  /** False where there was more than the sweep was to take away, so that another one has to follow. */
  readonly isWhole: boolean;
}

/** The part of an attempt that a sweep must know. */
export type SweptAttempt = Pick<AttemptEntry, 'run' | 'attempt' | 'keys' | 'commitKey'>;

// S3 tells times by the second, and its hosts' clocks may be a moment apart.
const CLOCK_SLACK_MS = 2_000;
// It is in no hurry, and others' calls wait behind it.
const DATASETS_AT_ONCE = 2;
const REMOVALS_AT_ONCE = 4;

/**
 * Takes away what an attempt left: uploads on exactly the keys of its files and on its commit key that were opened after it began, and, if it is aborted,
 * objects at exactly the keys of its files that bear its mark. Nothing else is touched, be it a longer key beside them or a stranger's object
 * at the same key. How many files a dataset has become nobody may have written down, so they are looked for. Only to be called once the container has stopped and its commit key is decided.
 * `began` is by S3's clock, as the uploads' times are. About `most` uploads are ended: a job may have opened any number. Files are no more than a dataset may have.
 */
export async function sweepAttempt(bucket: Bucket, attempt: SweptAttempt, began: Date, state: 'committed' | 'aborted', most = Infinity): Promise<Swept> {
  const { keys, commitKey, run, attempt: number } = attempt;
  let uploads = 0;
  let objects = 0;
  let isWhole = true;
  const since = began.getTime() - CLOCK_SLACK_MS;
  const mark = Object.entries(ownerMetadata(run, number));
  const removals = new PQueue({ concurrency: REMOVALS_AT_ONCE });

  async function sweepUploads(prefix: string, isOurs: (key: string) => boolean): Promise<void> {
    for await (const page of bucket.uploads(prefix)) {
      const ours = page.filter(({ key, initiated }) => isOurs(key) && (initiated === undefined || initiated.getTime() >= since));
      if (ours.length > 0 && uploads >= most) return void (isWhole = false);
      uploads += ours.length;
      await removals.addAll(ours.map((upload) => () => bucket.abortUpload(upload)));
    }
  }

  async function sweepObject(key: string): Promise<void> {
    const object = await bucket.head(key);
    if (object === undefined || mark.some(([name, value]) => object.metadata[name] !== value)) return;
    await bucket.delete(key);
    objects++;
  }

  async function sweepDataset(key: string): Promise<void> {
    const further = furtherFilesPrefix(key);
    const isFile = (other: string): boolean => isFileKey(key, other);
    await Promise.all([sweepUploads(key, isFile), sweepUploads(further, isFile)]);
    if (state === 'committed') return;
    const files = (await bucket.list(further)).filter(isFile);
    await removals.addAll([key, ...files].map((file) => () => sweepObject(file)));
  }

  const datasets = new PQueue({ concurrency: DATASETS_AT_ONCE });
  await Promise.all([sweepUploads(commitKey, (key) => key === commitKey), datasets.addAll(Object.values(keys).map((key) => () => sweepDataset(key)))]);
  return { uploads, objects, isWhole };
}
