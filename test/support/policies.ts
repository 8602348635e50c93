import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { bucketPolicy } from '../../scripts/lib/s3-policies.ts';
import type { TestBucket } from './s3.ts';

/** Users of the S3 image beside the one that owns the buckets (images/s3/prepare.sh). */
export const S3_USERS = {
  jobs: { accessKeyId: 'jobs', secretAccessKey: 'jobs-secret' },
  analysts: { accessKeyId: 'analysts', secretAccessKey: 'analysts-secret' },
  gateway: { accessKeyId: 'gateway', secretAccessKey: 'gateway-secret' },
} as const;

/** The role that jobs' sessions are of. */
export const JOB_ROLE = 'arn:aws:iam:::role/esclusa-jobs';

/** Applies the three documents of docs/policies to a bucket. */
export async function applyPolicies(bucket: TestBucket, destinations?: readonly string[]): Promise<void> {
  await bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy: bucketPolicy(bucket.name, destinations) }));
}
