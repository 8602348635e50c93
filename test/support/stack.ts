import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type S3Access, TestBucket } from './s3.ts';

/** Images that tests start containers from, by their names in images/. */
export const TEST_IMAGES = ['s3', 'postgres', 'mysql', 'mariadb', 'mongodb', 'base'] as const;

/** What the global set-up started; every test file shares it. */
export interface Stack {
  /** Docker network that S3 and PostgreSQL are on. */
  readonly network: string;
  readonly s3: S3Access;
  /** S3 as containers on the network see it. */
  readonly s3Inside: string;
  readonly postgres: { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly inside: string };
  readonly images: Readonly<Record<(typeof TEST_IMAGES)[number], string>>;
}

/** Where the global set-up writes the stack down. */
export const STACK_FILE_VARIABLE = 'ESCLUSA_TEST_STACK';

/** Prefix of the images that tests build, apart from those that somebody works with; another one for a second tree that is tested at the same time. */
export const TEST_IMAGE_PREFIX = process.env['ESCLUSA_TEST_IMAGE_PREFIX'] ?? 'esclusa-test';

/** The stack that the global set-up started. */
export function stack(): Stack {
  const file = process.env[STACK_FILE_VARIABLE];
  if (file === undefined) throw new Error('there is no stack: run the tests by "npm test" or "npm run test:e2e"');
  return JSON.parse(readFileSync(file, 'utf8')) as Stack;
}

/** Folder beside the stack's file, gone with it, for what Node makes of the sources. */
export function compileCache(): string {
  return join(dirname(process.env[STACK_FILE_VARIABLE] ?? tmpdir()), 'compiled');
}

/** Mark of this run of the suite in names of installations and labels of containers: another one may run beside it. */
export const SESSION_VARIABLE = 'ESCLUSA_TEST_SESSION';

/** Label of every container that tests start themselves. */
export const SESSION_LABEL = 'esclusa.test';

/** The mark of this run. */
export function session(): string {
  return process.env[SESSION_VARIABLE] ?? 'none';
}

/** A name that no other test has. */
export function unique(name: string): string {
  return `${name}-${session()}-${randomBytes(4).toString('hex')}`;
}

/** A new bucket. */
export async function newBucket(name: string): Promise<TestBucket> {
  const bucket = new TestBucket(stack().s3, unique(name));
  await bucket.create();
  return bucket;
}

/** A connection to a database of the shared server. */
export async function connectTo(database: string): Promise<pg.Client> {
  const { host, port, user, password } = stack().postgres;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  return client;
}

/** A new database on the shared server, filled by SQL; returns its name. */
export async function newDatabase(name: string, ...sql: string[]): Promise<string> {
  const database = unique(name).replaceAll('-', '_');
  const admin = await connectTo('postgres');
  await admin.query(`create database ${database}`);
  await admin.end();
  const client = await connectTo(database);
  for (const statement of sql) await client.query(statement);
  await client.end();
  return database;
}
