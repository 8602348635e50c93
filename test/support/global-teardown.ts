import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { docker } from './docker.ts';
import { TestBucket } from './s3.ts';
import { SESSION_LABEL, STACK_FILE_VARIABLE, session, stack } from './stack.ts';

/** Stops what the set-up started, then fails the suite if a container, network, multipart upload or process of the tests is still there. */
export default async function tearDown(): Promise<void> {
  const left = [...(await uploadsLeft()), ...processesLeft()];
  const running = globalThis.esclusaRunning;
  for (const container of running?.containers ?? []) await container.stop();
  // Refuses, and so fails the suite, while any container is still on it.
  await running?.network.stop();
  const file = process.env[STACK_FILE_VARIABLE];
  if (file !== undefined) rmSync(dirname(file), { recursive: true });
  left.push(...(await containersLeft(running?.since ?? Infinity)));
  if (left.length > 0) throw new Error(`the tests left behind: ${left.join(', ')}`);
}

async function uploadsLeft(): Promise<string[]> {
  const { s3 } = stack();
  const { endpoint, ...credentials } = s3;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  const left = await Promise.all(Buckets.map(async ({ Name = '' }) => (await new TestBucket(s3, Name).uploads()).map(({ key }) => `upload ${Name}/${key}`)));
  return left.flat();
}

async function containersLeft(since: number): Promise<string[]> {
  const left: string[] = [];
  for (const { Id, Names, Labels, Created, State } of await docker.listContainers({ all: true })) {
    // Somebody may be running a demo, or this very suite, beside us; only what these tests started is ours to judge.
    const installation = Labels['esclusa.installation'] ?? '';
    const ofEngines = installation.startsWith('conformance-') && Created >= since;
    if (Labels[SESSION_LABEL] !== session() && !installation.includes(`-${session()}-`) && !ofEngines) continue;
    left.push(`container ${Names.join()} (${State}; ${await bucketOf(Id)})`);
  }
  return left;
}

/** The bucket of a job's container, whose name says which tests it is of. */
async function bucketOf(id: string): Promise<string> {
  const { Config } = await docker.getContainer(id).inspect();
  return Config.Env.find((variable) => variable.startsWith('AWS_BUCKET_NAME=')) ?? 'no job';
}

/** Gateways and jobs of the tests bear the session in their environment: in the installation's name, or the bucket's. */
function processesLeft(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`-${session()}-`);
      } catch {
        // Ended in between, or a kernel thread.
        return false;
      }
    })
    .map((pid) => `process ${pid}`);
}
