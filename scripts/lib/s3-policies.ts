import { readFileSync } from 'node:fs';

/** Destinations as the documents write them. */
export const DESTINATIONS: readonly string[] = ['mongodb/*', 'mysql/*', 'postgresql/*'];

const POLICIES = new URL('../../docs/policies/', import.meta.url);
/** Users of each document on the project's own S3 (images/s3/prepare.sh). The gateway is the buckets' owner, or a user of that name. */
const USERS = { gateway: ['esclusa', 'gateway'], jobs: ['jobs'], analysts: ['analysts'] } as const;

interface Statement {
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

/** The three documents of docs/policies as one bucket policy, with the bucket's name and the destinations in their places. */
export function bucketPolicy(bucket: string, destinations: readonly string[] = DESTINATIONS): string {
  const all = Object.entries(USERS).flatMap(([document, users]) => statementsOf(document, users, bucket, destinations));
  return JSON.stringify({ Version: '2012-10-17', Statement: all });
}

function statementsOf(document: string, users: readonly string[], bucket: string, destinations: readonly string[]): object[] {
  const text = readFileSync(new URL(`${document}.json`, POLICIES), 'utf8').replaceAll('BUCKET', bucket);
  const { Statement: statements } = JSON.parse(text) as { Statement: Statement[] };
  const isOfData = (resource: string): boolean => DESTINATIONS.some((one) => resource.endsWith(`:${bucket}/${one}`));
  return statements.map((statement) => {
    const elsewhere = statement.Resource.filter((resource) => !isOfData(resource));
    const data = statement.Resource.some(isOfData) ? destinations.map((one) => `arn:aws:s3:::${bucket}/${one}`) : [];
    const condition = statement.Condition === undefined ? {} : { Condition: { StringLike: { 's3:prefix': destinations } } };
    return { ...statement, ...condition, Resource: [...elsewhere, ...data], Principal: { AWS: users.map((user) => `arn:aws:iam:::user/${user}`) } };
  });
}
