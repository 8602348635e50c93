import { readFileSync } from 'node:fs';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { TestBucket } from './s3.ts';

/** Users of the S3 image beside the one that owns the buckets (images/s3/prepare.sh). */
export const S3_USERS = {
  jobs: { accessKeyId: 'jobs', secretAccessKey: 'jobs-secret' },
  analysts: { accessKeyId: 'analysts', secretAccessKey: 'analysts-secret' },
  gateway: { accessKeyId: 'gateway', secretAccessKey: 'gateway-secret' },
} as const;

/** The role that jobs' sessions are of. */
export const JOB_ROLE = 'arn:aws:iam:::role/esclusa-jobs';

const POLICIES = new URL('../../docs/policies/', import.meta.url);
const OWNER = 'esclusa';
/** Destinations as the documents write them. */
const DOCUMENTED = ['mongodb/*', 'mysql/*', 'postgresql/*'];

interface Statement {
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

/** Applies the three documents of docs/policies to a bucket: the gateway's to its user and to the bucket's owner, which are one in most tests. */
export async function applyPolicies(bucket: TestBucket, destinations: readonly string[] = DOCUMENTED): Promise<void> {
  const all = [
    ...statementsOf('gateway', [OWNER, 'gateway'], bucket.name, destinations),
    ...statementsOf('jobs', ['jobs'], bucket.name, destinations),
    ...statementsOf('analysts', ['analysts'], bucket.name, destinations),
  ];
  await bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy: JSON.stringify({ Version: '2012-10-17', Statement: all }) }));
}

/** A document's statements, for users, with the bucket's name and the destinations in their places. */
function statementsOf(document: string, users: readonly string[], bucket: string, destinations: readonly string[]): object[] {
  const text = readFileSync(new URL(`${document}.json`, POLICIES), 'utf8').replaceAll('BUCKET', bucket);
  const { Statement: statements } = JSON.parse(text) as { Statement: Statement[] };
  const first = `/${DOCUMENTED[0]}`;
  return statements.map((statement) => {
    const elsewhere = statement.Resource.filter((resource) => !DOCUMENTED.some((one) => resource.endsWith(`:${bucket}/${one}`)));
    const isOfData = statement.Resource.some((resource) => resource.endsWith(first));
    const data = isOfData ? destinations.map((one) => `arn:aws:s3:::${bucket}/${one}`) : [];
    const condition = statement.Condition === undefined ? {} : { Condition: { StringLike: { 's3:prefix': destinations } } };
    return { ...statement, ...condition, Resource: [...elsewhere, ...data], Principal: { AWS: users.map((user) => `arn:aws:iam:::user/${user}`) } };
  });
}
