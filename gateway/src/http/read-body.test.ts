import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { problemHandler } from './problem.ts';
import { readBody } from './read-body.ts';

const LONG = Buffer.alloc(65_537, ' ');
const TEXT = Buffer.from('{"datasets":["médicos"]}');

let server: Server;
let port: number;

beforeAll(async () => {
  const app = express();
  app.post('/', readBody, (request, response) => void response.json({ body: request.body as unknown }));
  app.use(problemHandler(pino({ level: 'silent' })));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Returns the answer to raw bytes, once the server closes or a whole answer is there. */
async function raw(head: string, body: Buffer | string = ''): Promise<{ status: number; text: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n`);
  socket.write(body);
  let text = '';
  try {
    for await (const chunk of socket) {
      text += String(chunk);
      if (/\r\n\r\n.*\}/s.test(text)) break;
    }
  } finally {
    socket.destroy();
  }
  return { status: Number(text.slice(9, 12)), text };
}

async function post(body: Buffer, headers: Record<string, string> = {}): Promise<unknown> {
  const lines = Object.entries({ 'Content-Length': String(body.length), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status, text } = await raw(lines.join(''), body);
  const json = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { code?: string; body?: string };
  return json.code === undefined ? json.body : `${status} ${json.code}`;
}

describe('the body', () => {
  test.each<[string, Buffer, Record<string, string>, string]>([
    ['as it is', TEXT, {}, String(TEXT)],
    ['none', Buffer.alloc(0), {}, ''],
    ['none, of an encoding', Buffer.alloc(0), { 'Content-Encoding': 'gzip' }, ''],
    ['identity', TEXT, { 'Content-Encoding': 'identity' }, String(TEXT)],
    ['gzip', gzipSync(TEXT), { 'Content-Encoding': 'gzip' }, String(TEXT)],
    ['GZIP', gzipSync(TEXT), { 'Content-Encoding': 'GZIP' }, String(TEXT)],
    ['deflate', deflateSync(TEXT), { 'Content-Encoding': 'deflate' }, String(TEXT)],
    ['br', brotliCompressSync(TEXT), { 'Content-Encoding': 'br' }, String(TEXT)],
    ['zstd', zstdCompressSync(TEXT), { 'Content-Encoding': 'zstd' }, '415 MEDIA_TYPE_UNSUPPORTED'],
    ['gzip twice', gzipSync(gzipSync(TEXT)), { 'Content-Encoding': 'gzip, gzip' }, '415 MEDIA_TYPE_UNSUPPORTED'],
    ['of no encoding', TEXT, { 'Content-Encoding': '__proto__' }, '415 MEDIA_TYPE_UNSUPPORTED'],
    ['no gzip', TEXT, { 'Content-Encoding': 'gzip' }, '400 BODY_INVALID'],
    ['no deflate', TEXT, { 'Content-Encoding': 'deflate' }, '400 BODY_INVALID'],
    ['no br', TEXT, { 'Content-Encoding': 'br' }, '400 BODY_INVALID'],
    ['half a gzip', gzipSync(TEXT).subarray(0, 20), { 'Content-Encoding': 'gzip' }, '400 BODY_INVALID'],
    ['half a br', brotliCompressSync(TEXT).subarray(0, 10), { 'Content-Encoding': 'br' }, '400 BODY_INVALID'],
    ['a bomb', gzipSync(Buffer.alloc(20_000_000)), { 'Content-Encoding': 'gzip' }, '413 BODY_TOO_LARGE'],
    ['a bomb of br', brotliCompressSync(Buffer.alloc(20_000_000)), { 'Content-Encoding': 'br' }, '413 BODY_TOO_LARGE'],
    ['one byte too long', LONG, {}, '413 BODY_TOO_LARGE'],
    ['as long as may be', LONG.subarray(1), {}, String(LONG.subarray(1))],
    ['UTF-16', Buffer.from('{}', 'utf16le'), { 'Content-Type': 'application/json; charset=UTF-16' }, '{}'],
    ['Latin-1', Buffer.from([0xf1]), { 'Content-Type': 'text/plain;charset="iso-8859-1"' }, 'ñ'],
    ['a form of curl', TEXT, { 'Content-Type': 'application/x-www-form-urlencoded' }, String(TEXT)],
    ['of no charset', TEXT, { 'Content-Type': 'text/plain; charset=klingon' }, '415 MEDIA_TYPE_UNSUPPORTED'],
    ['of an empty charset', TEXT, { 'Content-Type': 'text/plain; charset=' }, '415 MEDIA_TYPE_UNSUPPORTED'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), {}, '400 BODY_INVALID'],
    ['a mark of byte order', Buffer.from('\ufeff{}'), {}, '{}'],
    ['a type of blanks', TEXT, { 'Content-Type': `text/plain;${' '.repeat(7_000)}x` }, String(TEXT)],
  ])('%s', async (_, body, headers, expected) => {
    expect(await post(body, headers)).toBe(expected);
  });

  test.each<[string, string, Buffer]>([
    ['declared, whose rest never comes', 'Content-Length: 10485760\r\n', Buffer.alloc(0)],
    ['in chunks, whose end never comes', 'Transfer-Encoding: chunked\r\n', Buffer.concat([Buffer.from('20000\r\n'), LONG])],
  ])('too long, %s: answered at once, and closed', async (_, head, body) => {
    const { status, text } = await raw(head, body);
    expect(status).toBe(413);
    expect(text).toMatch(/connection: close/i);
    expect(text).toMatch(/content-length: \d+/i);
  });

  test('of one who goes in its middle is nobody’s', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect(await post(TEXT)).toBe(String(TEXT));
  });
});
