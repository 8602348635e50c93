import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { S3Recorder } from './support/s3-recorder.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase, stack } from './support/stack.ts';

const ROLE = 'esclusa-gateway';
// Nothing of the gateway's own environment, and no service of a cloud that this may run in.
const NOBODY = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' };

/** Keys of a session with the token that belongs to them. */
interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** A real one: S3 looks at tokens, and knows this one. */
async function openSession(): Promise<Session> {
  const { endpoint, ...masterCredentials } = stack().s3;
  const { accessKeyId, secretAccessKey, sessionToken } = await fromTemporaryCredentials({
    masterCredentials,
    params: { RoleArn: `arn:aws:iam:::role/${ROLE}`, RoleSessionName: 'credentials-test' },
    clientConfig: { endpoint, region: 'us-east-1' },
  })();
  if (sessionToken === undefined) throw new Error('S3 gave a session without a token');
  return { accessKeyId, secretAccessKey, sessionToken };
}

function keysOfRole({ accessKeyId, secretAccessKey, sessionToken }: Session): Record<string, string> {
  const now = Date.now();
  return {
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    LastUpdated: new Date(now).toISOString(),
    Expiration: new Date(now + 6 * 3_600_000).toISOString(),
  };
}

/** The instance metadata service of EC2 (IMDSv2), as far as credentials go: a token first, then the role, then its keys. */
async function startMetadataService(session: Session): Promise<{ url: string; asked: string[]; stop: () => Promise<void> }> {
  const asked: string[] = [];
  const mark = 'imds-session';
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    asked.push(`${method} ${url}`);
    const path = '/latest/meta-data/iam/security-credentials/';
    if (method === 'PUT' && url === '/latest/api/token') response.end(mark);
    else if (request.headers['x-aws-ec2-metadata-token'] !== mark) response.writeHead(401).end();
    else if (url === path) response.end(ROLE);
    else if (url === path + ROLE) response.end(JSON.stringify(keysOfRole(session)));
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** ~/.aws/credentials as the seed writes it. */
function credentialsFile({ accessKeyId, secretAccessKey, sessionToken }: Omit<Session, 'sessionToken'> & Partial<Session>): string {
  const lines = ['[default]', `aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  return [...lines, ...(sessionToken === undefined ? [] : [`aws_session_token = ${sessionToken}  # Opcional`]), ''].join('\n');
}

describe('S3 credentials that the gateway finds as the AWS tools do', () => {
  let bucket: TestBucket;
  let database: string;
  let home: string;
  let session: Session;

  beforeAll(async () => {
    bucket = await newBucket('credentials');
    database = await newDatabase('credentials', 'create table productos as select g as id from generate_series(1, 10) as g');
    home = await mkdtemp(join(tmpdir(), 'esclusa-home-'));
    await mkdir(join(home, '.aws'));
    session = await openSession();
  });

  afterAll(async () => {
    await rm(home, { recursive: true });
  });

  /** A gateway that runs a pipeline with what it finds; none of it may show anywhere. */
  const runWith = async (environment: Record<string, string | undefined>) => {
    const pipelines = { postgresql: 'job: postgresql\ndatasets:\n  productos:\n' };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines, environment: { ...NOBODY, LOG_LEVEL: 'trace', ...environment } });
    try {
      const { status, body } = await gateway.post('postgresql');
      const run = String(body['run']);
      if (status === 200) await nothingLeft(gateway.installation, bucket);
      const objects = await Promise.all((await bucket.keys('_esclusa/')).map((key) => bucket.text(key)));
      const shown = [...gateway.log, JSON.stringify(body), ...objects, JSON.stringify((await gateway.request('GET', `/api/runs/${run}`)).body)].join('\n');
      for (const secret of [stack().s3.secretAccessKey, session.secretAccessKey, session.sessionToken]) expect(shown).not.toContain(secret);
      return { status, body, log: gateway.log };
    } finally {
      await gateway.stop();
    }
  };

  test('only ~/.aws/credentials', async () => {
    await writeFile(join(home, '.aws/credentials'), credentialsFile(stack().s3));
    const { status, body } = await runWith({ HOME: home });
    expect({ status, body }).toMatchObject({ status: 200, body: { result: { productos: { registros: 10 } } } });
  });

  /** Runs with these, and sees that gateway and job came to S3 with the session token, and never without. */
  const runWithToken = async (environment: Record<string, string>): Promise<void> => {
    const s3 = await S3Recorder.start();
    try {
      const { status, body } = await runWith({ S3_ENDPOINT: s3.outside, JOB_S3_ENDPOINT: s3.inside, ...environment });
      expect({ status, body }).toMatchObject({ status: 200, body: { result: { productos: { registros: 10 } } } });
      const paths = s3.requests.map(({ method, path }) => `${method} ${path}`);
      expect(paths).toContainEqual(expect.stringMatching(/^PUT .*\/_esclusa\/open\//));
      expect(paths).toContainEqual(expect.stringMatching(/^POST .*productos_.*\?uploads/));
      expect(new Set(s3.requests.map(({ sessionToken }) => sessionToken))).toEqual(new Set([session.sessionToken]));
    } finally {
      await s3.stop();
    }
  };

  test('~/.aws/credentials with a session token, as the seed writes it', async () => {
    await writeFile(join(home, '.aws/credentials'), credentialsFile(session));
    await runWithToken({ HOME: home });
  });

  test('files that *_FILE names, with a session token', async () => {
    await writeFile(join(home, 'secret'), `${session.secretAccessKey}\n`);
    await writeFile(join(home, 'token'), session.sessionToken);
    const files = { AWS_SECRET_ACCESS_KEY_FILE: join(home, 'secret'), AWS_SESSION_TOKEN_FILE: join(home, 'token') };
    await runWithToken({ AWS_ACCESS_KEY_ID: session.accessKeyId, ...files });
  });

  test('an instance role', async () => {
    const metadata = await startMetadataService(session);
    try {
      await runWithToken({ AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url });
      expect(metadata.asked).toEqual(expect.arrayContaining(['PUT /latest/api/token', `GET /latest/meta-data/iam/security-credentials/${ROLE}`]));
    } finally {
      await metadata.stop();
    }
  });

  test('none at all: said at once, with where they may be', async () => {
    const { status, body } = await runWith({});
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'S3_REFUSED' });
    expect(body['detail']).toMatch(/AWS_ACCESS_KEY_ID.*~\/\.aws/);
  });
});
