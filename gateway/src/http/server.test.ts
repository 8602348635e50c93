import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createGatewayServer } from './server.ts';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Returns the answer to raw bytes, until the server closes or `ms` are over. */
async function raw(text: string, listener: (request: IncomingMessage, response: ServerResponse) => void, ms = 2_000): Promise<string> {
  server = createGatewayServer(listener, 54, pino({ level: 'silent' })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let seen = '';
  socket.on('data', (chunk) => (seen += String(chunk)));
  socket.on('error', () => {});
  socket.write(text);
  const late = setTimeout(() => socket.destroy(), ms);
  await once(socket, 'close');
  clearTimeout(late);
  return seen;
}

const statuses = (text: string): string[] => [...text.matchAll(/^HTTP\/1\.1 ([2-5]\d\d)/gm)].map(([, status = '']) => status);
const ok = (_request: IncomingMessage, response: ServerResponse): void => void response.end('ok');

describe('what is no request', () => {
  test.each<[string, string, string, string]>([
    ['garbage', '\u0016\u0003\u0001', '400', 'REQUEST_MALFORMED'],
    ['no method that there is', 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n', '400', 'REQUEST_MALFORMED'],
    ['too many headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431', 'HEADERS_TOO_LARGE'],
    ['a tunnel', 'CONNECT evil:80 HTTP/1.1\r\nHost: evil:80\r\n\r\n', '405', 'METHOD_NOT_ALLOWED'],
    ['a request without Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', '400', 'REQUEST_MALFORMED'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400', 'REQUEST_MALFORMED'],
  ])('%s is answered once, with a code, and closed', async (_, text, status, code) => {
    const seen = await raw(text, ok);
    expect(statuses(seen)).toEqual([status]);
    expect(seen).toContain(`"code":"${code}"`);
    expect(seen).toMatch(/Connection: close/);
  });

  test.each<[string, string]>([
    ['by the listener', ''],
    ['with an expectation that nobody knows', 'Expect: 200-maybe\r\n'],
  ])('in the body of one that is answered already (%s) has no answer of its own', async (_, more) => {
    const seen = await raw(`POST / HTTP/1.1\r\nHost: a\r\n${more}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, ok);
    expect(statuses(seen)).toEqual(['200']);
  });
});

test('more requests on one connection than may be under way end it, and each that was begun is told', async () => {
  let [begun, over] = [0, 0];
  await raw('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(40), (_request, response) => {
    begun++;
    response.once('close', () => over++);
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  // The others wait for the first one's answer, which never comes.
  expect(begun).toBe(1);
  expect(over).toBe(begun);
});

test('requests on one connection begin one after the other, each when the one before is answered', async () => {
  let underWay = 0;
  let most = 0;
  let begun = 0;
  const answer = await raw('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4) + 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', (_request, response) => {
    begun++;
    most = Math.max(most, ++underWay);
    setTimeout(() => response.end(String(underWay--)), 5);
  });
  expect([begun, most]).toEqual([5, 1]);
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(5);
});

test('bounds are set, and a waiting room makes room for those who wait', () => {
  server = createGatewayServer(ok, 5_000, pino({ level: 'silent' }));
  expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000, timeout: 30_000, keepAliveTimeout: 5_000, maxConnections: 5_200 });
});

test('a socket that waits for its answer is left alone, one that says nothing or takes nothing is not', async () => {
  server = createGatewayServer(() => {}, 54, pino({ level: 'silent' })).listen(0, '127.0.0.1');
  server.timeout = 200;
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const silent = connect(port, '127.0.0.1');
  const waits = connect(port, '127.0.0.1');
  waits.write('POST / HTTP/1.1\r\nHost: a\r\n\r\n');
  let gone = false;
  waits.once('close', () => (gone = true));
  silent.resume();
  await once(silent, 'close');
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(gone).toBe(false);
  waits.destroy();
});

test('a reader that takes nothing is cut', async () => {
  const cut = Promise.withResolvers<void>();
  server = createGatewayServer(
    (_request, response) => {
      response.once('close', () => cut.resolve());
      // More than a kernel keeps.
      for (let n = 0; n < 64; n++) response.write(Buffer.alloc(1024 * 1024));
    },
    54,
    pino({ level: 'silent' }),
  ).listen(0, '127.0.0.1');
  server.timeout = 300;
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  socket.pause();
  await cut.promise;
  socket.destroy();
});

describe('while a reader takes nothing of 40 MiB', () => {
  test.each([
    ['GET /api/runs', '429'],
    ['HEAD /docs', '429'],
    ['GET /health', '200'],
    ['POST /api/ingesta/x', '200'],
  ])('%s is answered %s', async (line, status) => {
    const large = Buffer.alloc(40 * 1024 * 1024);
    server = createGatewayServer((request, response) => void response.end(request.url === '/large' ? large : 'ok'), 54, pino({ level: 'silent' }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const slow = connect(port, '127.0.0.1').pause();
    slow.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const other = connect(port, '127.0.0.1');
    other.write(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    let seen = '';
    other.on('data', (chunk) => (seen += String(chunk)));
    await once(other, 'close');
    slow.destroy();
    expect(statuses(seen)).toEqual([status]);
    if (status === '429' && !line.startsWith('HEAD')) expect(seen).toContain('"code":"TOO_MANY_REQUESTS"');
  });
});

test('bodies of all requests together have a bound: beyond it who comes is told, and nothing is begun', async () => {
  const begun: string[] = [];
  server = createGatewayServer((request) => void begun.push(request.url ?? ''), 54, pino({ level: 'silent' })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const large = `POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * 1024}\r\n\r\n`;
  const sockets = Array.from({ length: 257 }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.write(large);
  }
  const [chunk] = (await Promise.race(sockets.map((socket) => once(socket, 'data')))) as [Buffer];
  const seen = String(chunk);
  for (const socket of sockets) socket.destroy();
  expect(statuses(seen)).toEqual(['429']);
  expect(seen).toContain('"code":"TOO_MANY_REQUESTS"');
  expect(begun).toHaveLength(256);
});
