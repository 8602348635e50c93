import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type JobFinal, finalSchema } from '@esclusa/contract';
import { SESSION_LABEL, TEST_IMAGE_PREFIX, session, stack, unique } from './stack.ts';

/** How a job ended that was run by `docker run`, as an operator would. */
export interface Ended {
  readonly status: number;
  readonly final: JobFinal | undefined;
  readonly stderr: string;
  readonly stdout: string;
}

/** A job's container that runs by hand. */
export interface ByHand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a job's image by `docker run`; the bucket's settings are added to the source's. `limits` are further options of `docker run`. */
export function runByHand(
  job: string,
  bucket: string,
  environment: Readonly<Record<string, string>>,
  name = unique('hand'),
  limits: readonly string[] = [],
): ByHand {
  const { network, s3, s3Inside } = stack();
  const variables: Record<string, string> = {
    AWS_BUCKET_NAME: bucket,
    AWS_REGION: 'us-east-1',
    S3_ENDPOINT: s3Inside,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    ...environment,
  };
  const options = Object.entries(variables).flatMap(([variable, value]) => ['-e', `${variable}=${value}`]);
  const labels = ['--label', `${SESSION_LABEL}=${session()}`];
  const image = `${TEST_IMAGE_PREFIX}-${job}:latest`;
  const child = spawn('docker', ['run', '--rm', '-i', '--name', name, ...limits, ...labels, '--network', network, ...options, image], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([status]) => {
    const last = output.stdout.trim().split('\n').at(-1) ?? '';
    return { status: status as number, final: finalSchema.safeParse(safeJson(last)).data, stderr: output.stderr, stdout: output.stdout };
  });
  return { child, ended };
}

/** What a `run` published, by dataset; fails the test that asks for it of a run that failed. */
export function published({ final, stderr }: Ended): Readonly<Record<string, { url: string; rows: number; bytes: number }>> {
  if (final?.type === 'result' && final.mode === 'run') return final.datasets;
  throw new Error(`the job published nothing: ${JSON.stringify(final)}\n${stderr.slice(-2000)}`);
}

/** A request, as a gateway would give it; every dataset goes to `out/<name>.csv`. */
export function requestFor(bucket: string, datasets: Readonly<Record<string, object>>, more: Readonly<Record<string, unknown>> = {}): string {
  const run = unique('run');
  const keys = Object.fromEntries(Object.keys(datasets).map((name) => [name, `out/${name}.csv`]));
  const destination = { bucket, keys, commitKey: `_esclusa/commits/${run}/1.json` };
  return JSON.stringify({ version: 1, mode: 'run', run, attempt: 1, pipeline: 'test', datasets, destination, timeAllowedSeconds: 60, ...more });
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
