import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fuzz } from './hostile/fuzz/fuzz.ts';
import { docker, eventually, nothingLeft, runningContainer } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket } from './support/stack.ts';

const fixture = (behaviour: string): string => `job: fixture\ndatasets:\n  x:\n    behaviour: ${behaviour}\n`;
const ASYNC = { Prefer: 'respond-async' };
const from = (origin: string): Record<string, string> => ({ origin, 'sec-fetch-site': 'cross-site', ...ASYNC });

describe('who connects', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let run: string;

  beforeAll(async () => {
    bucket = await newBucket('http');
    gateway = await TestGateway.start({
      bucket: bucket.name,
      pipelines: { talk: fixture('talk'), escapes: fixture('escapes'), nothing: fixture('nothing') },
      environment: { FIXTURE_TOKEN: 'x', CORS_ORIGINS: 'https://panel.example.org', ALLOWED_HOSTS: 'api-gateway', LOG_LEVEL: 'info' },
    });
    run = String((await gateway.post('talk', undefined, ASYNC)).body['run']);
    await runningContainer(run);
  });

  afterAll(async () => {
    await gateway.stop();
  });

  /** The status lines that come back for raw bytes within a second. */
  async function raw(text: string, ms = 1_000): Promise<string[]> {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk) => (seen += String(chunk)));
    socket.on('error', () => {});
    socket.write(text);
    await new Promise((resolve) => setTimeout(resolve, ms));
    socket.destroy();
    return [...seen.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status = '']) => status);
  }

  test.each(['events', 'logs?follow=true', 'logs'])('HEAD of %s ends at once, and what comes behind it is answered', async (part) => {
    expect(await raw(`HEAD /api/runs/${run}/${part} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/ingesta HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toEqual([
      '200',
      '200',
    ]);
  });

  test.each(['events', 'logs?follow=true'])('one caller has twenty streams (%s), the next is told when to come, and places come back', async (part) => {
    const leave = new AbortController();
    const open = await Promise.all(Array.from({ length: 25 }, () => fetch(`${gateway.url}/api/runs/${run}/${part}`, { signal: leave.signal })));
    const statuses = open.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 200), ...Array.from({ length: 5 }, () => 429)]);
    const refused = open.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await refused?.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    leave.abort();
    await eventually('places to come back', async () => (await raw(`HEAD /api/runs/${run}/${part} HTTP/1.1\r\nHost: a.localhost\r\n\r\n`, 200))[0] === '200');
  });

  test('a connection that goes with requests behind one that waits gives all places back', async () => {
    const stream = `GET /api/runs/${run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    for (let n = 0; n < 4; n++) await raw(stream.repeat(10), 200);
    await eventually('places to come back', async () => (await raw(stream, 200))[0] === '200');
  });

  test('more requests at once on one connection than anybody needs end it', async () => {
    expect(
      await raw(`GET /api/runs/${run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n${'GET /api/ingesta HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100)}`),
    ).not.toContain('500');
    expect((await gateway.request('GET', '/health')).status).toBe(200);
  });

  test('pages of other places are refused, listed ones are let in, and programs are not held up', async () => {
    expect(await gateway.post('nothing', undefined, from('https://evil.example'))).toMatchObject({ status: 403, body: { code: 'ORIGIN_NOT_ALLOWED' } });
    const listed = await gateway.request('GET', '/api/nada', undefined, from('https://panel.example.org'));
    expect([listed.status, listed.headers.get('access-control-allow-origin'), listed.headers.get('vary')]).toEqual([
      404,
      'https://panel.example.org',
      'Origin',
    ]);
    const asks = { ...from('https://panel.example.org'), 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'x-api-key' };
    const before = await fetch(`${gateway.url}/api/runs/${run}`, { method: 'OPTIONS', headers: asks });
    expect([before.status, before.headers.get('access-control-allow-methods')]).toEqual([204, expect.stringContaining('DELETE')]);
    expect(await raw('GET /api/runs HTTP/1.1\r\nHost: attacker.example\r\n\r\n')).toEqual(['421']);
    expect(await raw('GET /api/runs HTTP/1.1\r\nHost: api-gateway:8000\r\n\r\n')).toEqual(['200']);
  });

  test('every answer says how it may be used', async () => {
    for (const path of ['/api/ingesta', '/api/nada', `/api/runs/${run}/logs`, '/health', '/ready']) {
      const { headers } = await fetch(gateway.url + path);
      expect([path, headers.get('x-content-type-options'), headers.get('cross-origin-resource-policy'), headers.get('cache-control')]).toEqual([
        path,
        'nosniff',
        'same-origin',
        'no-store',
      ]);
    }
  });

  test('a log has nothing that a terminal would act on, while it comes and from S3', async () => {
    const { body } = await gateway.post('escapes');
    const shown = String.raw`\u001b[2J\u009b31m\u202egnp\u000d100 %` + '\n' + String.raw`{"type":"log","message":"\u009b31m\u007f"}` + '\n';
    for (const wait of [
      async () => {},
      () => eventually('the end', async () => (await bucket.keys('_esclusa/runs/')).some((key) => key.includes(String(body['run'])))),
    ]) {
      await wait();
      expect(await (await fetch(gateway.url + String(body['logs']))).text()).toBe(shown);
      const lines = await (await fetch(gateway.url + String(body['logs']), { headers: { accept: 'application/x-ndjson' } })).text();
      expect(lines.split('\n').map((line) => (line === '' ? '' : (JSON.parse(line) as object)))).toEqual([
        { type: 'text', text: '\u001b[2J\u009b31m\u202egnp\r100 %' },
        { type: 'log', message: '\u009b31m\u007f' },
        '',
      ]);
      // oxlint-disable-next-line no-control-regex
      expect(lines).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });

  test('a log in S3 that is larger than any of ours is not read', async () => {
    const { body } = await gateway.post('nothing');
    await eventually('the end', async () => (await bucket.keys('_esclusa/runs/')).some((key) => key.includes(String(body['run']))));
    const key = (await bucket.keys(`_esclusa/logs/${String(body['run'])}`))[0] ?? `_esclusa/logs/${String(body['run'])}/1.ndjson`;
    await bucket.put(key, 'x'.repeat(3 * 1024 * 1024));
    const answer = await eventually('S3', async () => {
      const one = await fetch(gateway.url + String(body['logs']));
      const text = await one.text();
      return one.status === 200 ? undefined : { status: one.status, text };
    });
    expect(answer).toEqual({ status: 502, text: expect.stringContaining('JOB_CONTRACT_BROKEN') });
  });

  test('five hundred requests made out of its own document: no mistake, no hang', async () => {
    const report = await fuzz({ url: gateway.url, requests: 500, seed: 20_261_130, pid: gateway.pid });
    expect(report.faults).toEqual([]);
    expect(Object.keys(report.statuses)).toEqual(expect.arrayContaining(['200', '400', '403', '404', '413']));
  }, 180_000);

  test('nothing is left', async () => {
    for (const { Id } of await docker.listContainers({ filters: { label: [`esclusa.run=${run}`] } })) await docker.getContainer(Id).kill({ signal: 'SIGUSR2' });
    await nothingLeft(gateway.installation, bucket);
  });
});
