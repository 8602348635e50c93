import { once } from 'node:events';
import { createServer } from 'node:net';
import { poll } from '../lib/poll.ts';
import type { DemoS3 } from './s3.ts';

/** Bucket that the demo writes to. */
export const BUCKET = 'pharmavida-ingesta';
/** Name of the demo's installation, by which its jobs are told from others. */
export const INSTALLATION = 'demo';
/** Keys of the demo's own S3. */
export const S3_KEYS = { accessKeyId: 'pharmavida', secretAccessKey: 'pharmavida-secret' };

const started = performance.now();

/** Tells what is going on, with the seconds since the start. */
export const say = (line: string): void => console.log(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`);

/** What the demo has set up, and how to take it down again. */
export interface Stage {
  /** Of the gateway. */
  readonly url: string;
  readonly s3: DemoS3;
  readonly pipelines: readonly string[];
  /** Resolves with what became of the gateway, should it end. As long as it has not, Node has something to wait for. */
  readonly ended: Promise<string>;
  clear(): Promise<void>;
}

/** The gateway's variables that do not depend on where it runs. */
export function gatewayEnvironment(): Record<string, string> {
  return { INSTALLATION_ID: INSTALLATION, AWS_BUCKET_NAME: BUCKET, AWS_REGION: 'us-east-1' };
}

/** Rejects where another program has the port, before minutes are spent on what cannot end well. */
export async function assertFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === 'EADDRINUSE' ? `port ${port} is taken by another program: end it, or name another port: npm run demo -- --port 8080` : message, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}

/** Waits for the gateway. */
export async function answers(url: string): Promise<void> {
  await poll('the gateway', 30, async () => {
    const response = await fetch(`${url}/health`);
    if (!response.ok) throw new Error(await response.text());
  });
  say(`the gateway answers at ${url}`);
}
