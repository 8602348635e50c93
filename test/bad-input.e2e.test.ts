import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase } from './support/stack.ts';

const GOOD = 'job: postgresql\ndatasets:\n  productos:\n';

describe('bad input', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let database: string;

  beforeAll(async () => {
    bucket = await newBucket('bad-input');
    database = await newDatabase('bad_input', 'create table productos (id integer primary key, nombre text)');
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: {
        postgresql: GOOD,
        'no-table': 'job: postgresql\ndatasets:\n  productos:\n  clientes:\n',
        'no-column': 'job: postgresql\ndatasets:\n  productos:\n    columns: [id, precio]\n',
        'bad-query': 'job: postgresql\ndatasets:\n  x:\n    query: selec 1\n',
        'writing-query': 'job: postgresql\ndatasets:\n  x:\n    query: with d as (delete from productos returning id) select * from d\n',
        unreachable: `${GOOD}source:\n  POSTGRES_HOST: nobody.invalid\n`,
        'closed-port': `${GOOD}source:\n  POSTGRES_PORT: 5433\n`,
        'no-database': `${GOOD}source:\n  POSTGRES_DATABASE: nada\n`,
        'wrong-password': `${GOOD}source:\n  POSTGRES_PASSWORD: \${OTHER_PASSWORD}\n`,
        'not-configured': `${GOOD}source:\n  POSTGRES_HOST: \${NOBODY_SET_THIS}\n`,
        'no-image': 'job: not-built\ndatasets:\n  x:\n',
      },
      environment: { OTHER_PASSWORD: 'not the password', MAX_ATTEMPTS: '2' },
    });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  test('an unknown pipeline is 404 and the known ones are named', async () => {
    const { status, headers, body } = await gateway.post('oracle');
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'PIPELINE_NOT_FOUND' });
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body['detail']).toContain('postgresql');
  });

  test.each([
    ['no JSON', '{"datasets":', /not JSON/],
    ['an unknown field', '{"tables":["productos"]}', /tables: unknown field/],
    ['a field of the wrong type', '{"datasets":"productos"}', /datasets: /],
    ['an unknown dataset', '{"datasets":["precios"]}', /no dataset "precios".*productos/],
    ['a body that is no object', '[1]', /expected object/i],
    ['a body nested far too deep', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, /nested/],
    ['a field that would vanish', '{"__proto__":{"datasets":["productos"]}}', /__proto__/],
  ])('%s in the body is 400 and the field is named', async (_, sent, expected) => {
    const { status, body } = await gateway.post('postgresql', sent);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'BODY_INVALID' });
    expect(body['detail']).toMatch(expected);
  });

  test('a body far too long is 413, one that is not what it says 400, one that nobody understands 415', async () => {
    expect(await gateway.post('postgresql', `{"datasets":["${'x'.repeat(100_000)}"]}`)).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    for (const encoding of ['gzip', 'deflate', 'br']) {
      expect(await gateway.post('postgresql', '{}', { 'content-encoding': encoding })).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
    }
    expect(await gateway.post('postgresql', '{}', { 'content-encoding': 'zstd' })).toMatchObject({ status: 415, body: { code: 'MEDIA_TYPE_UNSUPPORTED' } });
  });

  test('what is no pipeline file is told, once, and all others go on', async () => {
    await gateway.makeInPipelines('folder.yaml');
    for (let n = 0; n < 3; n++) expect((await gateway.request('GET', '/api/ingesta')).status).toBe(200);
    expect(JSON.stringify((await gateway.request('GET', '/ready')).body)).toContain('folder.yaml');
    expect(JSON.stringify((await gateway.request('GET', '/health')).body)).toContain('folder.yaml');
    expect(gateway.log.filter((line) => line.includes('it is a folder'))).toHaveLength(1);
  });

  test('an unknown path is 404, a wrong method 405 with Allow, both as problem documents', async () => {
    expect(await gateway.request('GET', '/api/nada')).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
    const wrong = await gateway.request('GET', '/api/ingesta/postgresql');
    expect(wrong).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(wrong.headers.get('allow')).toBe('POST, OPTIONS');
  });

  test('a missing image is 503 and names the command that builds it', async () => {
    const { status, body } = await gateway.post('no-image');
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'IMAGE_MISSING' });
    expect(body['detail']).toContain('./build-images.sh not-built');
  });

  test('a variable that nobody set is 503 and named', async () => {
    const { status, body } = await gateway.post('not-configured');
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'PIPELINE_NOT_CONFIGURED' });
    expect(body['detail']).toContain('NOBODY_SET_THIS');
  });

  test.each([
    ['no-table', 502, 'DATASET_NOT_FOUND', /"clientes"/],
    ['no-column', 502, 'COLUMN_NOT_FOUND', /"precio" does not exist; there are id, nombre/],
    ['bad-query', 502, 'QUERY_INVALID', /syntax error/],
    ['writing-query', 502, 'QUERY_INVALID', /./],
    ['unreachable', 503, 'SOURCE_UNREACHABLE', /nobody\.invalid.*POSTGRES_HOST/],
    ['closed-port', 503, 'SOURCE_UNREACHABLE', /5433.*POSTGRES_PORT/],
    ['no-database', 502, 'CONFIG_INVALID', /"nada".*POSTGRES_DATABASE/],
    ['wrong-password', 502, 'SOURCE_REFUSED', /POSTGRES_PASSWORD/],
  ])("%s: %i with the job's own code %s, and no object in S3", async (pipeline, status, code, message) => {
    const answer = await gateway.post(pipeline);
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
    expect(answer.body['detail']).toMatch(message);
    expect(answer.body['run']).toMatch(/^[0-9a-f-]{36}$/);
    expect(await bucket.dataKeys()).toEqual([]);
  });

  test('a failure that can pass was tried twice, one that can not once', async () => {
    expect((await gateway.post('closed-port')).body['attempts']).toHaveLength(2);
    expect((await gateway.post('no-table')).body['attempts']).toHaveLength(1);
  });

  test('a pipeline that breaks while the gateway runs: the last good version serves on, and the new one is used once mended', async () => {
    await gateway.writePipeline('postgresql', 'job: postgresql\ndatasetz:\n  productos:\n');
    expect((await gateway.post('postgresql')).status).toBe(200);
    expect(JSON.stringify((await gateway.request('GET', '/health')).body)).toContain('datasetz');
    await gateway.writePipeline('postgresql', 'job: postgresql\ndatasets:\n  otros:\n    table: productos\n');
    expect((await gateway.post('postgresql')).body).toMatchObject({ result: { otros: { registros: 0 } } });
  });

  test('nothing is left of all that', async () => {
    await nothingLeft(gateway.installation, bucket);
  });
});

describe('a gateway that can not start refuses with all that is wrong', () => {
  test('a typo in a pipeline file: file, line and field, for every problem', async () => {
    const { code, output } = await TestGateway.refuse({
      bucket: 'any',
      pipelines: {
        postgresql: 'job: postgresql\ndatasets:\n  productos:\n    colums: [id]\n',
        second: 'job: postgresql\n\ndataset:\n  a:\n',
        third: 'job: postgresql\ndatasets:\n  a: [unclosed\n',
        fourth: `${GOOD}source:\n  POSTGRES_PASSWORD: in-the-file\n`,
      },
    });
    expect(code).toBe(78);
    expect(output).toMatch(/postgresql\.yaml:4: datasets\.productos\.colums: unknown field/);
    expect(output).toMatch(/second\.yaml:3: dataset: unknown field/);
    expect(output).toMatch(/third\.yaml:\d: not valid YAML/);
    expect(output).toMatch(/fourth\.yaml:5: source\.POSTGRES_PASSWORD: a secret does not belong in a file/);
    expect(output).not.toContain('    at ');
  });

  test('every variable that is wrong', async () => {
    const environment = { AWS_BUCKET_NAME: undefined, PORT: 'eight', HOST: '0.0.0.0' };
    const { code, output } = await TestGateway.refuse({ bucket: 'any', pipelines: { postgresql: GOOD }, environment });
    expect(code).toBe(78);
    expect(output).toMatch(/AWS_BUCKET_NAME: is not set/);
    expect(output).toMatch(/PORT: /);
    expect(output).not.toContain('    at ');
  });

  test('listening beyond loopback without a key', async () => {
    const { code, output } = await TestGateway.refuse({ bucket: 'any', pipelines: { postgresql: GOOD }, environment: { HOST: '0.0.0.0' } });
    expect(code).toBe(78);
    expect(output).toMatch(/HOST: "0\.0\.0\.0" is beyond loopback: set API_KEY/);
  });
});

describe('what stands behind the gateway is missing', () => {
  test('no Docker daemon: 503 names the mend, /health says so, the process stays up', async () => {
    const bucket = await newBucket('no-daemon');
    const gateway = await TestGateway.start({
      bucket: bucket.name,
      pipelines: { postgresql: GOOD },
      environment: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });
    try {
      const { status, body } = await gateway.post('postgresql');
      expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'ENGINE_UNREACHABLE' });
      expect(body['detail']).toMatch(/Docker/);
      const health = await gateway.request('GET', '/health');
      expect(health).toMatchObject({ status: 503, body: { status: 'unhealthy', engine: { ok: false }, s3: { ok: true } } });
    } finally {
      await gateway.stop();
    }
  });

  test.each([
    ['a missing bucket', { AWS_BUCKET_NAME: 'there-is-no-such-bucket' }, 502, 'BUCKET_NOT_FOUND'],
    ['refused credentials', { AWS_SECRET_ACCESS_KEY: 'not-the-secret-key' }, 502, 'S3_REFUSED'],
    ['an S3 that does not answer', { S3_ENDPOINT: 'http://127.0.0.1:9' }, 503, 'S3_UNAVAILABLE'],
  ])('%s is said at once, and nothing is accepted', async (_, environment, status, code) => {
    const bucket = await newBucket('no-s3');
    const gateway = await TestGateway.start({ bucket: bucket.name, pipelines: { postgresql: GOOD }, environment });
    try {
      const answer = await gateway.post('postgresql');
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
      expect((await gateway.request('GET', '/health')).status).toBe(503);
      expect(await bucket.keys()).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });

  test('with an API key set, callers must send it', async () => {
    const bucket = await newBucket('key');
    const API_KEY = 'canary-api-key-0123456789';
    const gateway = await TestGateway.start({ bucket: bucket.name, pipelines: { postgresql: GOOD }, environment: { API_KEY } });
    try {
      expect(await gateway.post('postgresql')).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
      expect(await gateway.request('GET', '/api/ingesta', undefined, { 'x-api-key': 'wrong' })).toMatchObject({ status: 401 });
      expect(await gateway.request('GET', '/api/ingesta', undefined, { 'x-api-key': API_KEY })).toMatchObject({ status: 200 });
      expect(await gateway.request('GET', '/api/ingesta', undefined, { authorization: `Bearer ${API_KEY}` })).toMatchObject({ status: 200 });
      // An empty or old one hides no right one.
      for (const wrong of ['', 'wrong']) {
        const both = { 'x-api-key': wrong, authorization: `Bearer  ${API_KEY}` };
        expect(await gateway.request('GET', '/api/ingesta', undefined, both)).toMatchObject({ status: 200 });
      }
      expect(await gateway.request('GET', '/health')).toMatchObject({ status: 200, body: { status: 'healthy', service: 'esclusa' } });
      expect(Object.keys((await gateway.request('GET', '/health')).body)).toEqual(['status', 'service']);
      expect((await gateway.request('GET', '/health', undefined, { 'x-api-key': API_KEY })).body).toMatchObject({ s3: { bucket: bucket.name, ok: true } });
      expect(await gateway.request('GET', '/ready')).toMatchObject({ status: 401 });
      const ready = await gateway.request('GET', '/ready', undefined, { 'x-api-key': API_KEY });
      // Its jobs have the gateway's own key pair, which whoever runs it is told.
      const warnings = expect.arrayContaining([expect.stringContaining("the gateway's own S3 credentials")]) as unknown;
      expect(ready).toMatchObject({ status: 200, body: { status: 'ready', warnings, problems: [], pipelines: { problems: [] } } });
      expect(JSON.stringify((await gateway.request('GET', '/openapi.json')).body)).not.toContain('"postgresql"');
      expect(JSON.stringify((await gateway.request('GET', '/openapi.json', undefined, { 'x-api-key': API_KEY })).body)).toContain('"postgresql"');
    } finally {
      await gateway.stop();
    }
  });
});
