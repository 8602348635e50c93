import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { docker } from '../../support/docker.ts';
import type { TestBucket } from '../../support/s3.ts';
import { SESSION_LABEL, session, stack } from '../../support/stack.ts';

/** The jobs' own key pair on the shared S3. */
export const JOB_KEYS = { accessKeyId: 'esclusa-test-jobs', secretAccessKey: 'canary-jobs-secret-2b6e' } as const;

const USER = 'jobs';

/** Makes the jobs' user on the shared S3, unless it is there. */
export async function createJobUser(): Promise<void> {
  const make = ['user', 'create', `--uid=${USER}`, '--display-name=jobs', `--access-key=${JOB_KEYS.accessKeyId}`, `--secret-key=${JOB_KEYS.secretAccessKey}`];
  const { output, status } = await inS3(['radosgw-admin', '-c', '/etc/ceph/ceph.conf', ...make]);
  if (status !== 0 && !output.includes('exists')) throw new Error(`making the user ${USER}: ${output}`);
}

/** Lets the jobs' user do in a bucket what jobs have to: create data and uploads outside of the ledger, write and read decisions. */
export async function allowJobs(bucket: TestBucket): Promise<void> {
  const Principal = { AWS: [`arn:aws:iam:::user/${USER}`] };
  const at = (path: string): string => `arn:aws:s3:::${bucket.name}/${path}`;
  const Statement = [
    { Effect: 'Allow', Principal, Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], Resource: [at('evil*'), at('honest/*')] },
    { Effect: 'Allow', Principal, Action: ['s3:PutObject', 's3:GetObject'], Resource: [at('_esclusa/commits/*')] },
  ];
  await bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }));
}

/** Runs a command in the container of the shared S3. */
async function inS3(command: readonly string[]): Promise<{ output: string; status: number }> {
  const port = Number(new URL(stack().s3.endpoint).port);
  const all = await docker.listContainers({ filters: { label: [`${SESSION_LABEL}=${session()}`] } });
  const found = all.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
  if (found === undefined) throw new Error('the shared S3 has no container');
  const exec = await docker.getContainer(found.Id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  let output = '';
  for await (const chunk of stream) output += (chunk as Buffer).toString();
  return { output, status: (await exec.inspect()).ExitCode ?? 0 };
}
