import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isJobErrorCode } from '@esclusa/contract';
import { GATEWAY_ERRORS } from '../gateway/src/errors.ts';
import { nothingLeft } from './support/docker.ts';
import { Documented, type OpenApi } from './support/documented.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { connectTo, newBucket, newDatabase } from './support/stack.ts';

const GOOD = 'job: postgresql\ndescription: Productos\ndatasets:\n  productos:\n';
const post = (body: unknown): RequestInit => ({ body: typeof body === 'string' ? body : JSON.stringify(body) });

function names(document: OpenApi): readonly string[] | undefined {
  return document.paths['/api/ingesta/{pipeline}']?.['post']?.parameters?.[0]?.schema.enum;
}

describe('what is answered is what /openapi.json says', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let documented: Documented;
  let others: Documented;
  let database: string;

  beforeAll(async () => {
    bucket = await newBucket('openapi');
    database = await newDatabase('openapi', 'create table productos (id integer primary key, nombre text)', 'insert into productos values (1, null)');
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: {
        postgresql: GOOD,
        'no-table': 'job: postgresql\ndatasets:\n  clientes:\n',
        'closed-port': `${GOOD}source:\n  POSTGRES_PORT: 5433\n`,
        'not-configured': `${GOOD}source:\n  POSTGRES_HOST: \${NOBODY_SET_THIS}\n`,
        'no-image': 'job: not-built\ndatasets:\n  x:\n',
        garbage: 'job: fixture\ndatasets:\n  x:\n    behaviour: garbage\n',
        leak: 'job: fixture\ndatasets:\n  x:\n    behaviour: leak\n',
        slow: 'job: fixture\ndatasets:\n  x:\n    behaviour: sleep\nlimits:\n  timeAllowedSeconds: 1\n',
        allocate: 'job: fixture\ndatasets:\n  x:\n    behaviour: allocate\n',
        crecientes: 'job: postgresql\ndatasets:\n  productos: { incremental: { cursor: id } }\n',
        'becomes-invalid': 'job: postgresql\ndatasets:\n  productos:\n',
      },
      environment: { MAX_ATTEMPTS: '2', STOP_GRACE_SECONDS: '1', FIXTURE_TOKEN: 'canary-of-openapi', MAX_RUNNING: '2', MAX_WAITING: '2' },
    });
    documented = await Documented.of(gateway);
  });

  afterAll(async () => {
    await gateway.stop();
  });

  test('the document is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(documented.document) as unknown as Record<string, unknown>);
    expect(result).toEqual({ valid: true });
    expect(documented.document.openapi).toMatch(/^3\.1\./);
  });

  test('every operation and every field is described', () => {
    const operations = Object.values(documented.document.paths).flatMap((methods) => Object.values(methods));
    expect(operations.length).toBeGreaterThan(8);
    for (const { operationId, summary } of operations) expect([operationId, summary]).not.toContain('');
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  test('the pipelines of the moment are listed for the path, fresh at each request', async () => {
    expect(names(documented.document)).toContain('no-table');
    expect(names(documented.document)).not.toContain('nuevo');
    await gateway.writePipeline('nuevo', GOOD);
    expect(names((await Documented.of(gateway)).document)).toContain('nuevo');
  });

  test('the codes are those of the closed lists, each where its status is', () => {
    const responses = Object.values(documented.document.paths['/api/ingesta/{pipeline}']?.['post']?.responses ?? {});
    const codes = new Set(
      JSON.stringify(responses)
        .match(/"[A-Z][A-Z0-9_]+"/g)
        ?.map((code) => code.slice(1, -1)),
    );
    for (const code of codes) expect(isJobErrorCode(code) || (GATEWAY_ERRORS as readonly string[]).includes(code)).toBe(true);
    expect(codes).toContain('DATASET_NOT_FOUND');
    expect(codes.size).toBeGreaterThan(30);
  });

  test("the seed's examples are in it, and its answers are valid by it", () => {
    const operation = documented.document.paths['/api/ingesta/{pipeline}']?.['post'];
    const text = JSON.stringify(operation);
    expect(text).toContain('curl -X POST http://localhost:8000/api/ingesta/mongodb');
    expect(text).toContain('requests.post(');
    const example = operation?.responses['200']?.content?.['application/json']?.examples?.['seed']?.value;
    documented.check({
      method: 'POST',
      path: '/api/ingesta/mongodb',
      status: 200,
      headers: new Headers({ 'content-type': 'application/json', 'esclusa-run': 'x' }),
      text: JSON.stringify(example),
    });
  });

  test('a member that is not documented would be found', async () => {
    const { headers, text } = await documented.request('GET', '/health');
    const more = JSON.stringify({ ...(JSON.parse(text) as object), surprise: 1 });
    expect(() => documented.check({ method: 'GET', path: '/health', status: 200, headers, text: more })).toThrow(/additional properties/);
    expect(() => documented.check({ method: 'GET', path: '/health', status: 418, headers, text })).toThrow(/not documented/);
  });

  test.each([
    ['GET', '/health', 200],
    ['GET', '/health/', 200],
    ['GET', '/ready', 200],
    ['GET', '/api/ingesta', 200],
    ['GET', '/openapi.json', 200],
    ['GET', '/docs', 200],
    ['GET', '/redoc', 200],
    ['GET', '/assets/docs.js', 200],
    ['GET', '/assets/swagger-ui.css', 200],
    ['GET', '/assets/docs.html', 404],
    ['GET', '/assets/..%2fpackage.json', 404],
    ['GET', '/nada', 404],
    ['DELETE', '/health', 405],
    ['GET', '/api/ingesta/postgresql', 405],
    ['GET', '/api/runs/nada', 404],
    ['GET', '/api/runs/nada/logs', 404],
    ['GET', '/api/runs/01942797-5a30-7cc0-8a2b-3f1d6f0e9c11', 404],
    ['GET', '/api/runs/01942797-5a30-7cc0-8a2b-3f1d6f0e9c11/logs', 404],
    ['GET', '/api/runs/01942797-5a30-7cc0-8a2b-3f1d6f0e9c11/logs?attempt=x', 400],
    ['POST', '/api/ingesta/oracle', 404],
    ['POST', '/api/ingesta/no-image', 503],
    ['POST', '/api/ingesta/not-configured', 503],
    ['POST', '/api/ingesta/no-table', 502],
    ['POST', '/api/ingesta/closed-port', 503],
    ['POST', '/api/ingesta/garbage', 502],
    ['POST', '/api/ingesta/leak', 502],
    ['POST', '/api/ingesta/slow', 504],
    ['POST', '/api/ingesta/allocate', 502],
    ['POST', '/api/ingesta/postgresql', 200],
  ])('%s %s: %i', async (method, path, status) => {
    expect((await documented.request(method, path)).status).toBe(status);
  });

  test.each([['{"datasets":'], [{ tables: [] }], [{ datasets: ['nada'] }], [{ keep: 'yes' }], ['['.repeat(20_000)]])('a wrong body %#: 400', async (body) => {
    expect((await documented.request('POST', '/api/ingesta/postgresql', post(body))).status).toBe(400);
  });

  test.each<[number, RequestInit]>([
    [413, post({ datasets: ['x'.repeat(100_000)] })],
    [415, { ...post({}), headers: { 'content-encoding': 'zstd' } }],
    [415, { ...post({}), headers: { 'content-type': 'text/plain; charset=klingon' } }],
    [403, { ...post({}), headers: { origin: 'https://evil.example' } }],
  ])('a request that is not taken: %i', async (status, init) => {
    expect((await documented.request('POST', '/api/ingesta/postgresql', init)).status).toBe(status);
  });

  test('more runs than may wait: 429 with Retry-After', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => documented.request('POST', '/api/ingesta/slow')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429, 504]));
  });

  test('a run that succeeded and one that failed, and their logs', async () => {
    const good = JSON.parse((await documented.request('POST', '/api/ingesta/postgresql')).text) as { run: string; logs: string };
    const bad = JSON.parse((await documented.request('POST', '/api/ingesta/closed-port')).text) as { run: string; logs: string };
    for (const { run, logs } of [good, bad]) {
      expect((await documented.request('GET', `/api/runs/${run}`)).status).toBe(200);
      expect((await documented.request('GET', logs)).status).toBe(200);
      expect((await documented.request('GET', `${logs}?attempt=1`)).status).toBe(200);
      expect((await documented.request('GET', `${logs}?attempt=9`)).status).toBe(404);
      expect((await documented.request('GET', `/api/runs/${run}/events`)).status).toBe(200);
      expect((await documented.request('DELETE', `/api/runs/${run}`)).status).toBe(409);
    }
    expect((await documented.request('GET', '/api/runs?limit=1')).status).toBe(200);
    expect((await documented.request('POST', '/api/ingesta/postgresql/plan')).status).toBe(200);
    expect((await documented.request('POST', '/api/ingesta/closed-port/plan')).status).toBe(503);
  });

  test('a pipeline that does not fit its job any more', async () => {
    await gateway.writePipeline('becomes-invalid', 'job: postgresql\ndatasets:\n  productos:\n    colums: [id]\n');
    const { status, text } = await documented.request('POST', '/api/ingesta/becomes-invalid');
    expect({ status, ...(JSON.parse(text) as object) }).toMatchObject({ status: 503, code: 'PIPELINE_INVALID' });
    await gateway.writePipeline('becomes-invalid', 'job: postgresql\ndatasetz:\n');
    expect((await documented.request('GET', '/health')).text).toContain('datasetz');
  });

  test('a gateway that is stopped tells its callers as documented', async () => {
    const other = await TestGateway.start({
      bucket: bucket.name,
      pipelines: { killed: 'job: fixture\ndatasets:\n  x:\n    behaviour: sleep\nlimits:\n  timeAllowedSeconds: 1\n' },
      environment: { SHUTDOWN_SECONDS: '0.1', STOP_GRACE_SECONDS: '1', FIXTURE_TOKEN: 'x' },
    });
    const its = await Documented.of(other);
    const answer = its.request('POST', '/api/ingesta/killed');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await other.stop();
    expect(await answer).toMatchObject({ status: 503 });
    // It is driven on to its end by the next gateway.
    const next = await TestGateway.start({ bucket: bucket.name, pipelines: {}, installation: other.installation, environment: { FIXTURE_TOKEN: 'x' } });
    await nothingLeft(other.installation, bucket);
    await next.stop();
  });

  test('increments, their state, and columns that have changed', async () => {
    const state = '/api/ingesta/crecientes/state';
    expect((await documented.request('POST', '/api/ingesta/crecientes')).status).toBe(200);
    await nothingLeft(gateway.installation, bucket);
    expect((await documented.request('GET', state)).status).toBe(200);
    expect((await documented.request('PUT', `${state}/productos`, post({ state: { cursor: 'id', value: '0' } }))).status).toBe(200);
    expect((await documented.request('PUT', `${state}/productos`, post({ state: 1 }))).status).toBe(400);
    expect((await documented.request('PUT', `${state}/nada`, post({ state: {} }))).status).toBe(400);
    const client = await connectTo(database);
    await client.query('alter table productos add column alta date');
    await client.query('alter table productos alter column nombre type varchar(20)');
    await client.end();
    expect((await documented.request('POST', '/api/ingesta/crecientes/plan')).text).toContain('"schemaChanges"');
    expect((await documented.request('POST', '/api/ingesta/crecientes', post({ schemaChanges: 'fail' }))).text).toContain('SCHEMA_CHANGED');
    const { status, text } = await documented.request('POST', '/api/ingesta/crecientes', post({ schemaChanges: 'allow' }));
    expect([status, text]).toEqual([200, expect.stringMatching(/"incremental":.*"schemaChanges":/)]);
    await nothingLeft(gateway.installation, bucket);
    expect((await documented.request('DELETE', `${state}/productos`)).status).toBe(200);
    expect((await documented.request('DELETE', '/api/ingesta/crecientes/claim')).status).toBe(200);
  });

  test("the pipelines' health, when all can run and when one can not", async () => {
    const pipelines = { postgresql: GOOD, 'no-table': 'job: postgresql\ndatasets:\n  clientes:\n', 'no-image': 'job: not-built\ndatasets:\n  x:\n' };
    const other = await TestGateway.start({ bucket: bucket.name, database, pipelines });
    others = await Documented.of(other);
    expect((await others.request('GET', '/api/ingesta/health')).status).toBe(503);
    await other.stop();
  });

  test('every operation was asked', () => {
    const asked = new Set([...documented.seen, ...others.seen].map((one) => one.split(' ').slice(0, 2).join(' ')));
    const written = Object.entries(documented.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(written.filter((one) => !asked.has(one))).toEqual([]);
  });

  test('nothing is left', async () => {
    await nothingLeft(gateway.installation, bucket);
  });
});

describe('the pages', () => {
  let gateway: TestGateway;
  const API_KEY = 'canary-api-key-0123456789';

  beforeAll(async () => {
    const bucket = await newBucket('pages');
    gateway = await TestGateway.start({ bucket: bucket.name, pipelines: { postgresql: GOOD }, environment: { API_KEY } });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  test.each(['/docs', '/redoc', '/docs/', '/openapi.json', '/health', '/assets/docs.js'])(
    '%s is open, with HEAD and OPTIONS, and shows no secret',
    async (path) => {
      const response = await fetch(gateway.url + path);
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain('canary');
      const head = await fetch(gateway.url + path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const options = await fetch(gateway.url + path, { method: 'OPTIONS' });
      expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    },
  );

  test.each(['/docs', '/redoc'])('%s takes everything from this gateway, and may take nothing from elsewhere', async (path) => {
    const response = await fetch(gateway.url + path);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe/);
    const html = await response.text();
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    expect(references.filter((url) => !/^\/[^/]/.test(url) && url !== 'data:,')).toEqual([]);
    expect(html).not.toMatch(/<script>|<style>| on\w+="/);
    for (const url of references.filter((one) => one.startsWith('/assets/'))) {
      const asset = await fetch(gateway.url + url);
      expect(asset.status).toBe(200);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=3600');
      // What is fetched, drawn or loaded; the rest are names and links for people.
      const text = await asset.text();
      expect(text).not.toMatch(/cdn\.|fonts\.g|url\(\s*["']?(https?:)?\/\/|src:\s*"https?:|importScripts\("http/);
      const again = await fetch(gateway.url + url, {
        // Left to itself, fetch would ask for the whole file.
        headers: { 'if-modified-since': asset.headers.get('last-modified') ?? '', 'cache-control': 'max-age=0' },
      });
      expect(again.status).toBe(304);
    }
    expect(references.length).toBeGreaterThan(2);
  });

  test('the document says that the key is needed, by both of its ways', async () => {
    const documented = await Documented.of(gateway);
    expect(documented.document.paths['/api/ingesta']?.['get']?.security).toEqual([{ bearer: [] }, { apiKey: [] }]);
    expect(documented.document.paths['/health']?.['get']?.security).toEqual([]);
    expect(await documented.request('GET', '/api/ingesta')).toMatchObject({ status: 401 });
    expect(await documented.request('GET', '/api/ingesta', { headers: { 'x-api-key': API_KEY } })).toMatchObject({ status: 200 });
  });

  test('the pages need the files that are in the repository and the image alike', async () => {
    const { assets } = JSON.parse(await readFile(new URL('../gateway/package.json', import.meta.url), 'utf8')) as { assets: Record<string, string> };
    expect(Object.keys(assets)).toEqual(expect.arrayContaining(['docs.html', 'redoc.html', 'swagger-ui-bundle.js', 'redoc.standalone.js']));
  });
});
