import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { JOB_ROLE, S3_USERS, applyPolicies } from './support/policies.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase, stack } from './support/stack.ts';

const SQL = ['create table productos (id int, nombre text)', `insert into productos values (1, 'agua'), (2, 'sal')`];
const pipelines = { postgresql: 'job: postgresql\ndatasets:\n  productos:\n', mal: 'job: postgresql\ndestination:\n  prefix: otra\ndatasets:\n  productos:\n' };
const JOB_KEYS = { JOB_AWS_ACCESS_KEY_ID: S3_USERS.jobs.accessKeyId, JOB_AWS_SECRET_ACCESS_KEY: S3_USERS.jobs.secretAccessKey };

const LEDGER = ['open', 'attempts', 'cancels', 'idem', 'schedules', 'runs', 'states', 'latest', 'index', 'stamps', 'logs', 'probes'];
const PLACES = [...LEDGER.map((folder) => `_esclusa/${folder}/x.json`), '_esclusa/commits/r/1.json', 'postgresql/x.csv', 'elsewhere/x.csv'];

/** Returns the calls that a user may make, of every verb on every key: `verb key`. */
async function allowed(bucket: TestBucket, credentials: { accessKeyId: string; secretAccessKey: string }): Promise<string[]> {
  const client = new S3Client({ endpoint: stack().s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 1 });
  const Bucket = bucket.name;
  const may: string[] = [];
  const tried = async (what: string, call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
      may.push(what);
    } catch (error) {
      expect([403, 404]).toContain((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode);
    }
  };
  for (const Key of PLACES) {
    await bucket.put(Key, 'original');
    await tried(`read ${Key}`, () => client.send(new GetObjectCommand({ Bucket, Key })));
    await tried(`look at ${Key}`, () => client.send(new HeadObjectCommand({ Bucket, Key })));
    await tried(`list ${Key}`, () => client.send(new ListObjectsV2Command({ Bucket, Prefix: Key.replace(/[^/]+$/, '') })));
    await tried(`upload ${Key}`, () => client.send(new CreateMultipartUploadCommand({ Bucket, Key })));
    await tried(`delete ${Key}`, () => client.send(new DeleteObjectCommand({ Bucket, Key })));
    await tried(`write ${Key}`, () => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })));
  }
  await bucket.abortUploads();
  return may;
}

describe('the policies of docs/policies, on a real S3', () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await newBucket('policies');
    await applyPolicies(bucket);
  });

  test('jobs create below the destinations and decide, and do nothing else', async () => {
    expect(await allowed(bucket, S3_USERS.jobs)).toEqual([
      'upload _esclusa/commits/r/1.json',
      'write _esclusa/commits/r/1.json',
      'upload postgresql/x.csv',
      'write postgresql/x.csv',
    ]);
  });

  test('analysts read data, manifests and the latest of them, list data, and write nothing', async () => {
    const may = await allowed(bucket, S3_USERS.analysts);
    expect(may.filter((what) => /^(write|delete|upload)/.test(what))).toEqual([]);
    expect(may.filter((what) => what.startsWith('read'))).toEqual(['read _esclusa/latest/x.json', 'read _esclusa/commits/r/1.json', 'read postgresql/x.csv']);
    expect(may.filter((what) => what.startsWith('list'))).toEqual(['list postgresql/x.csv']);
  });

  test('the gateway keeps its ledger and clears away, and writes no data', async () => {
    const may = await allowed(bucket, S3_USERS.gateway);
    expect(may.filter((what) => /^(write|upload)/.test(what) && !what.includes('_esclusa/'))).toEqual([]);
    const rest = may.filter((what) => /^(read|write|delete)/.test(what));
    expect(rest).toEqual(PLACES.flatMap((place) => [`read ${place}`, `delete ${place}`, ...(place.startsWith('_esclusa/') ? [`write ${place}`] : [])]));
  });
});

describe.each([
  ['a key pair of their own', JOB_KEYS],
  ['a session for each attempt', { S3_JOB_ROLE: JOB_ROLE }],
])('jobs with %s, and a gateway that does not own the bucket', (_, identity) => {
  test('publish, are swept after a failure, and are refused beyond their destination', async () => {
    const [bucket, database] = await Promise.all([newBucket('identity'), newDatabase('identity', ...SQL)]);
    await applyPolicies(bucket);
    // Sessions belong to who assumes the role, which on Ceph has to be the bucket's owner or named in its policy.
    const own = 'S3_JOB_ROLE' in identity ? {} : { AWS_ACCESS_KEY_ID: S3_USERS.gateway.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_USERS.gateway.secretAccessKey };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines, environment: { ...identity, ...own } });
    try {
      const good = await gateway.post('postgresql');
      expect(good).toMatchObject({ status: 200, body: { result: { productos: { registros: 2 } } } });
      const { url } = (good.body['result'] as { productos: { url: string } }).productos;
      expect(await bucket.text(keyOf(url))).toBe('id,nombre\n1,agua\n2,sal\n');
      // A second run compares its columns with the first one's, which its job may not read.
      const client = await connectTo(database);
      await client.query('alter table productos add column precio int');
      await client.end();
      const changed = await gateway.post('postgresql');
      expect(changed).toMatchObject({ status: 200, body: { result: { productos: { schemaChanges: { added: ['precio'] } } } } });
      const health = await gateway.request('GET', '/api/ingesta/health');
      expect(health.body).toMatchObject({ databases: { postgresql: { status: 'healthy' } } });
      if ('S3_JOB_ROLE' in identity) expect((await gateway.post('mal')).status).toBe(200);
      else expect(await gateway.post('mal')).toMatchObject({ status: 502, body: { code: 'S3_REFUSED' } });
      const ready = await gateway.request('GET', '/ready');
      expect(ready.body).toMatchObject({ status: 'ready', problems: [] });
      expect(JSON.stringify(ready.body['warnings'])).not.toContain('credentials');
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });
});
