import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CURL_EXAMPLE, PYTHON_EXAMPLE } from '../gateway/src/http/openapi/examples.ts';
import { nothingLeft } from './support/docker.ts';
import { Documented } from './support/documented.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase } from './support/stack.ts';

const run = promisify(execFile);
const COLLECTION = new URL('../docs/esclusa.postman_collection.json', import.meta.url);
const PRODUCTOS = 'job: postgresql\ndatasets:\n  productos:\n';

interface PostmanRequest {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly header: readonly { readonly key: string; readonly value: string }[];
    readonly url: { readonly raw: string };
    readonly body?: { readonly raw: string };
  };
}
interface Collection {
  readonly info: { readonly schema: string };
  readonly variable: readonly { readonly key: string; readonly value: string }[];
  readonly item: readonly { readonly item: readonly PostmanRequest[] }[];
}

describe("the seed's examples, as its callers have them", () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let database: string;
  let collection: Collection;
  // The three names that the seed's callers use; what stands behind them is another test's matter.
  const pipelines = { mongodb: PRODUCTOS, mysql: PRODUCTOS, postgresql: PRODUCTOS };

  beforeAll(async () => {
    bucket = await newBucket('seed-examples');
    database = await newDatabase('seed_examples', 'create table productos as select g as id from generate_series(1, 150) as g');
    gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines });
    collection = JSON.parse(await readFile(COLLECTION, 'utf8')) as Collection;
  });

  afterAll(async () => {
    await gateway.stop();
  });

  /** The example, but for the host and port that it is written for. */
  const here = (example: string): string => example.replaceAll('http://localhost:8000', gateway.url);

  test('curl', async () => {
    const [program = '', ...parameters] = here(CURL_EXAMPLE).split(' ');
    const { stdout } = await run(program, ['-sS', ...parameters]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'success',
      database: 'postgresql',
      result: { productos: { url: expect.stringMatching(/^s3:\/\/.*\/mongodb\/productos_\d{8}_\d{6}\.csv$/), registros: 150 } },
    });
  });

  test('the Python program, word for word, by python3 where it is there', async () => {
    const version = await run('python3', ['--version']).catch(() => undefined);
    if (version === undefined) {
      // What it sends is what Python's requests sends; the answer is looked at in its stead.
      const headers = { 'user-agent': 'python-requests/2.32.3', accept: '*/*', 'accept-encoding': 'gzip, deflate' };
      expect(await gateway.post('postgresql', undefined, headers)).toMatchObject({ status: 200, body: { result: { productos: { registros: 150 } } } });
      return;
    }
    // pip carries requests itself, for hosts where nobody installed it.
    const findRequests =
      'import sys\ntry:\n    import requests\nexcept ImportError:\n    from pip._vendor import requests\n    sys.modules["requests"] = requests\n';
    const { stdout } = await run('python3', ['-c', `${findRequests}${here(PYTHON_EXAMPLE)}`], { env: { PATH: process.env['PATH'], NO_PROXY: '*' } });
    expect(stdout).toMatch(/^Productos exportados: 150\nURL: s3:\/\/.*\/postgresql\/productos_\d{8}_\d{6}\.csv\n$/);
  });

  test('Postman: every request of the collection, sent as Postman sends it', async () => {
    expect(collection.info.schema).toBe('https://schema.getpostman.com/json/collection/v2.1.0/collection.json');
    const documented = await Documented.of(gateway);
    const variables = new Map(collection.variable.map(({ key, value }) => [key, value]));
    expect(variables.get('baseUrl')).toBe('http://localhost:8000');
    variables.set('baseUrl', gateway.url);
    const statuses: [string, number][] = [];
    for (const { name, request: asked } of collection.item.flatMap(({ item }) => item)) {
      const url = asked.url.raw.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => variables.get(key) ?? '');
      const { status, headers, body } = await sendAsPostman(asked, url);
      documented.check({
        method: asked.method,
        path: url.slice(gateway.url.length),
        status,
        headers: new Headers(headers as Record<string, string>),
        text: body,
      });
      statuses.push([name, status]);
      if (asked.method !== 'POST' || url.endsWith('/plan')) continue;
      const answer = JSON.parse(body) as { run: string; result: Record<string, { registros: number }> };
      if (status === 200) expect(answer.result['productos']?.registros).toBe(150);
      variables.set('run', answer.run);
    }
    // The one that is cancelled has ended by then: its events were followed to the end.
    expect(statuses.filter(([, status]) => status !== 200)).toEqual([
      // The demo's datasets are read whole.
      ['Set a state', 400],
      ['Ingesta PostgreSQL, without waiting', 202],
      ['Run, cancel it', 409],
    ]);
    // Nothing that the gateway has is missing in the collection, but the files of its pages.
    const operations = Object.entries(documented.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const missing = operations.filter((one) => ![...documented.seen].some((seen) => seen.startsWith(`${one} `)));
    expect(missing).toEqual(['GET /assets/{file}']);
  });

  test.each([
    ['/health', 'application/json'],
    ['/api/ingesta/health', 'application/json'],
    ['/docs', 'text/html'],
    ['/redoc', 'text/html'],
  ])("the seed's %s answers, with a slash at its end too", async (path, type) => {
    for (const one of [path, `${path}/`]) {
      const response = await fetch(gateway.url + one);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
      await response.arrayBuffer();
    }
  });

  test('a POST with a slash at its end is the same request', async () => {
    expect(await gateway.post('postgresql/')).toMatchObject({ status: 200 });
    expect((await fetch(`${gateway.url}/api/ingesta/postgresql/`, { method: 'OPTIONS' })).headers.get('allow')).toBe('POST, OPTIONS');
    expect((await fetch(`${gateway.url}/api/ingesta/postgresql`, { method: 'HEAD' })).status).toBe(405);
  });

  test('nothing is left', async () => {
    await nothingLeft(gateway.installation, bucket);
  });
});

/** Postman's own headers, in its way of writing them. */
async function sendAsPostman(asked: PostmanRequest['request'], url: string): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const body = asked.body?.raw ?? '';
  const headers = {
    ...Object.fromEntries(asked.header.map(({ key, value }) => [key, value])),
    'User-Agent': 'PostmanRuntime/7.43.0',
    Accept: '*/*',
    'Postman-Token': randomUUID(),
    'Accept-Encoding': 'gzip, deflate, br',
    Connection: 'keep-alive',
    ...(asked.method === 'POST' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: asked.method, headers }, (answer) => {
      text(answer).then((read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }), reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
