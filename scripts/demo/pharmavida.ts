import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { poll } from '../lib/poll.ts';

const FOLDER = new URL('../../examples/pharmavida', import.meta.url).pathname;

/** Waits for the database and loads PharmaVida's tables into it, unless they are there. Returns the number of products. */
export async function loadPostgres(connection: pg.ClientConfig): Promise<number> {
  const client = await poll('PostgreSQL', 60, async () => {
    const attempt = new pg.Client(connection);
    await attempt.connect();
    return attempt;
  });
  try {
    const { rows: found } = await client.query<{ there: boolean }>("select to_regclass('productos') is not null as there");
    if (found[0]?.there !== true) {
      const files = (await readdir(join(FOLDER, 'postgresql'))).filter((file) => file.endsWith('.sql')).toSorted();
      for (const file of files) await client.query(await readFile(join(FOLDER, 'postgresql', file), 'utf8'));
    }
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from productos');
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

/** The demo's S3. */
export class DemoS3 {
  readonly #client: S3Client;

  constructor(endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string }) {
    this.#client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  }

  /** Waits until S3 answers, and creates the bucket unless it is there. */
  async prepare(bucket: string): Promise<void> {
    await poll('S3', 90, () => this.#client.send(new ListBucketsCommand({})));
    try {
      await this.#client.send(new CreateBucketCommand({ Bucket: bucket }));
    } catch (error) {
      if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) throw error;
    }
  }

  /** The first `bytes` of an object, as text. */
  async head(url: string, bytes: number): Promise<string> {
    const { hostname, pathname } = new URL(url);
    const object = await this.#client.send(new GetObjectCommand({ Bucket: hostname, Key: pathname.slice(1), Range: `bytes=0-${bytes - 1}` }));
    return (await object.Body?.transformToString('utf8')) ?? '';
  }
}
