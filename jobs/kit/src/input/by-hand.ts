import { randomUUID } from 'node:crypto';
import { CONTRACT_VERSION, JobError, type JobRequest, S3_ENV, fileEnding, utcStamp } from '@esclusa/contract';
import type { Settings } from '../job.ts';

const TIME_ALLOWED_SECONDS = 24 * 60 * 60;

/**
 * The request of a job that a person runs with plain `-e` variables: every table or collection, under the seed's keys
 * (`<job>/<table>_<UTC stamp>.csv`).
 */
export function requestByHand(job: string, datasets: Readonly<Record<string, object>>, settings: Settings, now = new Date()): JobRequest {
  const bucket = settings[S3_ENV.bucket];
  if (bucket === undefined || bucket === '') {
    throw new JobError('CONFIG_INVALID', `${S3_ENV.bucket} is not set: name the bucket to write to`, { details: { field: S3_ENV.bucket } });
  }
  const names = Object.keys(datasets);
  // An answer of success without a file would look like a database that was read.
  if (names.length === 0) throw new JobError('DATASET_NOT_FOUND', 'the database holds nothing that this user may read; check its name and the grants');
  const stamp = utcStamp(now);
  const run = `manual-${randomUUID()}`;
  return {
    version: CONTRACT_VERSION,
    mode: 'run',
    run,
    attempt: 1,
    pipeline: job,
    datasets: Object.fromEntries(names.map((name) => [name, { ...datasets[name] }])),
    destination: {
      bucket,
      keys: Object.fromEntries(Object.entries(datasets).map(([name, dataset]) => [name, `${job}/${name}_${stamp}${fileEnding(dataset)}`])),
      commitKey: `_esclusa/commits/${run}/1.json`,
    },
    timeAllowedSeconds: TIME_ALLOWED_SECONDS,
  };
}
