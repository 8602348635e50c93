import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connectionOf, DATABASES, type DemoDatabase, variablesOf } from './databases.ts';
import { DemoS3 } from './s3.ts';
import { answers, assertFree, BUCKET, gatewayEnvironment, S3_KEYS, say, type Stage } from './stage.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** The databases whose *_HOST is set: somebody else runs them. */
export function namedDatabases(): readonly DemoDatabase[] {
  return DATABASES.filter(({ prefix }) => (process.env[`${prefix}_HOST`] ?? '') !== '');
}

/** Somebody else's databases and S3, the gateway and the jobs as processes. */
export async function withoutDocker(port: number, endpoint: string): Promise<Stage> {
  await assertFree(port);
  const credentials = {
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] || S3_KEYS.accessKeyId,
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] || S3_KEYS.secretAccessKey,
  };
  const databases = namedDatabases();
  const s3 = new DemoS3(endpoint, credentials);
  await Promise.all([
    s3.prepare(BUCKET).then(() => say(`S3 has the bucket ${BUCKET}`)),
    ...databases.map(async (database) =>
      say(`${database.label} has PharmaVida: ${await database.load(connectionOf(database, process.env))} ${database.counted}`),
    ),
  ]);
  const env = {
    ...process.env,
    ...gatewayEnvironment(),
    PORT: String(port),
    ENGINE: 'process',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...Object.assign({}, ...databases.map((database) => variablesOf(database, connectionOf(database, process.env)))),
  };
  const gateway: ChildProcess = spawn(process.execPath, [join(ROOT, 'gateway/src/main.ts')], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(gateway, 'exit');
  const clear = async (): Promise<void> => {
    if (gateway.exitCode !== null) return;
    gateway.kill('SIGTERM');
    await exited;
  };
  const url = `http://localhost:${port}`;
  await answers(url).catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  const ended = exited.then(([status]) => `it ended with exit status ${status}`);
  return { url, s3, pipelines: databases.map(({ pipeline }) => pipeline), ended, clear };
}
