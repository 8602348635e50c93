import { run } from '../../scripts/setup/command.ts';
import { BUCKET, KEYS } from './names.ts';

/** A job that is run without a gateway. */
export interface JobByHand {
  readonly image: string;
  readonly network: string;
  /** Its id; the first part of its keys too. */
  readonly run: string;
  readonly pipeline: string;
  readonly datasets: Readonly<Record<string, object>>;
  /** Where its source is. */
  readonly variables: Readonly<Record<string, string>>;
  /** S3, as the network names it. */
  readonly endpoint: string;
}

/** What `docker run` is given for a job: its variables and its request as they are. */
export function byHand({ image, network, run: id, pipeline, datasets, variables, endpoint }: JobByHand): string[] {
  const keys = Object.fromEntries(Object.keys(datasets).map((name) => [name, `${id}/${name}.csv`]));
  const destination = { bucket: BUCKET, keys, commitKey: `_esclusa/commits/${id}/1.json` };
  const environment = {
    ...variables,
    AWS_BUCKET_NAME: BUCKET,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    S3_ENDPOINT: endpoint,
    ESCLUSA_REQUEST: JSON.stringify({ version: 1, mode: 'run', run: id, attempt: 1, pipeline, datasets, destination, timeAllowedSeconds: 60 }),
  };
  const options = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return ['--network', network, ...options, image];
}

/** Runs a container to its end and removes it; when it began by `performance.now()`, and how long it took, in ms. */
export async function dockerRun(parameters: readonly string[]): Promise<{ began: number; ms: number }> {
  const began = performance.now();
  await run(['docker', 'run', '--rm', ...parameters]);
  return { began, ms: performance.now() - began };
}
