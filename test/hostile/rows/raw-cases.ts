import { gzipSync } from 'node:zlib';

/** A request by its bytes, and the statuses that its answer may have; 0: the connection is closed without one. */
export interface RawCase {
  readonly name: string;
  readonly bytes: Buffer;
  readonly statuses: readonly number[];
}

/** Whom the requests are for. */
export interface RawTarget {
  readonly host: string;
  readonly key: string;
}

type Bytes = string | Buffer;
type Case = readonly [name: string, bytes: Bytes, ...statuses: number[]];

const RUN = '019ab1f4-0000-7000-8000-000000000000';
const PATH = '/api/ingesta/honest';
const CLOSE = 'Connection: close\r\n';

function deep(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** Raw requests by theme: no answer is a 5xx, none hangs, and each is the one that its sender can mend something by. */
export function rawCases({ host, key }: RawTarget): Readonly<Record<string, readonly RawCase[]>> {
  const own = `Host: ${host}\r\n`;
  const auth = `X-API-Key: ${key}\r\n`;
  const request = (method: string, path: string, more = '', access = auth): string => `${method} ${path} HTTP/1.1\r\n${own}${access}${more}${CLOSE}\r\n`;
  const get = (path: string, more = ''): string => request('GET', path, more);
  const send = (method: string, path: string, body: Bytes, more = ''): Buffer =>
    Buffer.concat([
      Buffer.from(`${method} ${path} HTTP/1.1\r\n${own}${auth}${more}Content-Length: ${Buffer.byteLength(body)}\r\n${CLOSE}\r\n`),
      Buffer.from(body),
    ]);
  const post = (body: Bytes, more = ''): Buffer => send('POST', PATH, body, more);
  // The test must not wait for the run of a request that the gateway accepts all the same.
  const later = (more: string): Buffer => post('', `Prefer: respond-async\r\n${more}`);
  const state = (dataset: string, body: string): Buffer => send('PUT', `/api/ingesta/inc/state/${dataset}`, body);
  const keyless = (line: string, more = ''): string => `GET ${line} HTTP/1.1\r\n${own}${more}${CLOSE}\r\n`;

  const themes: Readonly<Record<string, readonly Case[]>> = {
    'heads and bodies that are too long': [
      ['a header of 10,000 bytes', get('/health', `X-A: ${'a'.repeat(10_000)}\r\n`), 200, 431],
      ['a header of 20,000 bytes', get('/health', `X-A: ${'a'.repeat(20_000)}\r\n`), 431],
      ['2,000 headers', get('/health', Array.from({ length: 1_500 }, (_, at) => `A${at}: 1\r\n`).join('')), 200, 431],
      ['a path of 20,000 bytes', get(`/api/${'a'.repeat(20_000)}`), 404, 414, 431],
      ['a body of 100 KB', post(`{"datasets":["${'x'.repeat(100_000)}"]}`), 413],
      ['a body of 64 KB and a space', post(' '.repeat(65_537)), 413],
      ['a body of 10 MB of which 70 KB come', `POST ${PATH} HTTP/1.1\r\n${own}${auth}Content-Length: 10485760\r\n${CLOSE}\r\n${'x'.repeat(70_000)}`, 413],
      ['a gzip bomb of 50 MB', post(gzipSync(Buffer.alloc(50e6, 32)), 'Content-Encoding: gzip\r\n'), 413, 415],
      [
        'a chunk with an extension of 20 KB',
        `POST ${PATH} HTTP/1.1\r\n${own}${auth}Transfer-Encoding: chunked\r\n${CLOSE}\r\n2;${'e'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
        400,
        413,
        431,
      ],
    ],
    'bodies that lie about themselves': [
      ['gzip that is none', post('abc', 'Content-Encoding: gzip\r\n'), 400, 415],
      ['brotli that is none', post('abc', 'Content-Encoding: br\r\n'), 400, 415],
      ['deflate that is none', post('abc', 'Content-Encoding: deflate\r\n'), 400, 415],
      ['half of a gzip', post(gzipSync('{"keep":false}').subarray(0, 20), 'Content-Encoding: gzip\r\n'), 400, 415],
      ['an unknown encoding', post('{}', 'Content-Encoding: zstd\r\n'), 400, 415],
      ['two encodings', post('{}', 'Content-Encoding: gzip, gzip\r\n'), 400, 415],
      ['charset utf-16', post(Buffer.from('{"keep":1}', 'utf16le'), 'Content-Type: application/json; charset=utf-16\r\n'), 400, 415],
      ['charset klingon', post('{}', 'Content-Type: text/plain; charset=klingon\r\n'), 415],
      ['charset shift_jis, which Node knows', post('{"x":1}', 'Content-Type: text/plain; charset=shift_jis\r\n'), 400, 415],
      ['bad UTF-8', post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), 400],
    ],
    'bodies that are not what is asked for': [
      ['half of a document', post('{"datasets":'), 400],
      ['a byte order mark', post('\ufeff{"x":1}'), 400],
      ['a key twice', post('{"keep":1,"keep":"x"}'), 400],
      ['__proto__ beside a field', post('{"__proto__":{"keep":true},"x":1}'), 400],
      ['__proto__ alone', post('{"__proto__":{"datasets":["zzz"]}}'), 400],
      ['constructor', post('{"constructor":{"prototype":{"keep":true}}}'), 400],
      ['nesting of 30,000', post(deep(30_000)), 400],
      ['nesting of 20,000 in datasets', post(`{"datasets":${deep(20_000)}}`), 400],
      ['an array', post('[1]'), 400],
      ['null', post('null'), 400],
      ['1e999', post('1e999'), 400],
      ['the dataset __proto__', post('{"datasets":["__proto__"]}'), 400],
      ['the datasets constructor and toString', post('{"datasets":["constructor","toString"]}'), 400],
      ['5,000 unknown datasets', post(JSON.stringify({ datasets: Array.from({ length: 5_000 }, (_, at) => `d${at}`) })), 400],
      ['a dataset with ../', post('{"datasets":["../../etc"]}'), 400],
      ['a dataset with NUL', post(String.raw`{"datasets":["a\u0000b"]}`), 400],
      ['a state of __proto__', state('__proto__', '{"state":{"a":1}}'), 400, 404],
      ['a state that holds __proto__', state('productos', '{"state":{"__proto__":{"polluted":1},"cursor":"id","value":"x"}}'), 200, 400],
      ['a state nested 20,000 deep', state('productos', `{"state":{"cursor":"id","value":${deep(20_000)}}}`), 400],
      ['a state nested 61 deep', state('productos', `{"state":{"cursor":"id","value":${deep(58)}}}`), 400],
      ['a state of 40 KB', state('productos', `{"state":{"cursor":"id","value":"${'x'.repeat(40_000)}"}}`), 413],
      ['a state of 1e999', state('productos', '{"state":{"cursor":"id","value":1e999}}'), 400],
      ['a state of 20 digits', state('productos', '{"state":{"cursor":"id","value":12345678901234567890}}'), 400],
      ['the state of a dataset with ../', request('DELETE', '/api/ingesta/inc/state/..%2f..%2fx'), 200, 400, 404],
    ],
    'paths that lead elsewhere': [
      ['../../etc/passwd', send('POST', '/api/ingesta/..%2f..%2fetc%2fpasswd/plan', '{}'), 404],
      ['%2e%2e', get('/api/ingesta/%2e%2e/state'), 404],
      ['%00', get('/api/ingesta/a%00b/state'), 404],
      ['an overlong dot', get('/api/ingesta/%c0%ae%c0%ae/state'), 404, 400],
      ['a bad escape', get('/api/ingesta/%zz/state'), 404, 400],
      ['half of an escape', get('/api/runs/%'), 404, 400],
      ['the pipeline __proto__', send('POST', '/api/ingesta/__proto__', '{}'), 404],
      ['the pipeline constructor', send('POST', '/api/ingesta/constructor', '{}'), 404],
      ['an asset with ..%2f', get('/assets/..%2fmain.js'), 404],
      ['an asset with ../', get('/assets/../main.js'), 404],
      ['an asset with %00', get('/assets/docs.js%00.css'), 404],
      ['the asset constructor', get('/assets/constructor'), 404],
      ['a part of an asset', get('/assets/docs.js', 'Range: bytes=0-5\r\n'), 200, 206],
      ['a run with ../', get('/api/runs/..%2f..%2f_esclusa'), 404, 400],
      ['a run in capitals', get(`/api/runs/${RUN.toUpperCase()}`), 404, 400],
      ['a run of zeros', get('/api/runs/00000000-0000-0000-0000-000000000000'), 404],
      ['a run that is a script', get('/api/runs/%3Cscript%3Ealert(1)%3C%2Fscript%3E'), 404, 400],
    ],
    'methods and protocols': [
      ['TRACE', request('TRACE', '/api/ingesta'), 405, 404],
      ['CONNECT', `CONNECT evil:80 HTTP/1.1\r\n${own}\r\n`, 0, 400, 404, 405],
      ['PATCH', request('PATCH', PATH), 405],
      ['OPTIONS', request('OPTIONS', PATH), 204],
      ['OPTIONS *', request('OPTIONS', '*'), 204, 400, 404],
      ['FOO', request('FOO', '/health'), 400],
      ['QUERY', request('QUERY', '/api/runs'), 405],
      ['a method in a header', send('POST', `/api/runs/${RUN}`, '{}', 'X-HTTP-Method-Override: DELETE\r\n'), 405],
      ['HTTP/0.9', 'GET /health\r\n\r\n', 200, 400, 421],
      ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 0, 400, 404, 405, 505],
      ['a TLS hello', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]), 0, 400],
      ['no Host', `GET /health HTTP/1.1\r\n${CLOSE}\r\n`, 400, 421],
      ['two Hosts', `GET /health HTTP/1.1\r\n${own}Host: evil\r\n${CLOSE}\r\n`, 200, 400, 421],
      [
        'a WebSocket',
        get('/api/ingesta', 'Upgrade: websocket\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n').replace(
          'Connection: close',
          'Connection: Upgrade, close',
        ),
        200,
        400,
        426,
      ],
      ['an upgrade to HTTP/2', get('/api/ingesta', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'), 200, 400, 426],
      ['Expect: 100-continue', post('{"x":1}', 'Expect: 100-continue\r\n'), 100, 400],
      ['Expect: something else', post('{"x":1}', 'Expect: 200-maybe\r\n'), 417, 400],
    ],
    smuggling: [
      ['length and chunks', `POST ${PATH} HTTP/1.1\r\n${own}${auth}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n${CLOSE}\r\n0\r\n\r\nG`, 400],
      ['an unknown transfer encoding', `POST ${PATH} HTTP/1.1\r\n${own}${auth}Transfer-Encoding: xchunked\r\n${CLOSE}\r\n0\r\n\r\n`, 400, 501],
      ['two lengths', `POST ${PATH} HTTP/1.1\r\n${own}${auth}Content-Length: 2\r\nContent-Length: 3\r\n${CLOSE}\r\n{}x`, 400],
      ['a negative length', `POST ${PATH} HTTP/1.1\r\n${own}${auth}Content-Length: -1\r\n${CLOSE}\r\n`, 400],
      ['line feeds alone', 'GET /health HTTP/1.1\nHost: a\nConnection: close\n\n', 200, 400, 421],
      ['a folded header', `GET /health HTTP/1.1\r\n${own}X: a\r\n b\r\n${CLOSE}\r\n`, 200, 400],
      ['NUL in a header', `GET /health HTTP/1.1\r\n${own}X: a\0b\r\n${CLOSE}\r\n`, 400],
      ['a space before a colon', `GET /health HTTP/1.1\r\n${own}X : a\r\n${CLOSE}\r\n`, 400],
    ],
    'headers of ours': [
      ['an empty Idempotency-Key', later('Idempotency-Key: \r\n'), 400],
      ['one of 256 characters', later(`Idempotency-Key: ${'k'.repeat(256)}\r\n`), 400],
      ['one with a comma', later('Idempotency-Key: a, b\r\n'), 400],
      ['two of them', later('Idempotency-Key: a\r\nIdempotency-Key: b\r\n'), 400],
      ['one that is not ASCII', later(Buffer.from('Idempotency-Key: ñ\r\n').toString('latin1')), 202, 400],
      ['one with an open quote', later('Idempotency-Key: "abc\r\n'), 202, 400],
      ['one of 7,000 escapes', later(`Idempotency-Key: "${String.raw`\"`.repeat(7_000)}"\r\n`), 400],
      ['one with 15,000 spaces', later(`Idempotency-Key: a${' '.repeat(15_000)}b\r\n`), 400],
      ['one with 7,000 parameters', later(`Idempotency-Key: "a"${';a'.repeat(7_000)}!\r\n`), 400],
      ['a negative wait', send('POST', '/api/ingesta/nope', '', 'Prefer: wait=-1\r\n'), 404, 400],
      ['3,700 preferences', send('POST', '/api/ingesta/nope', '', `Prefer: ${'a=b,'.repeat(3_700)}\r\n`), 404, 400],
      ['Last-Event-ID 1e308', get(`/api/runs/${RUN}/events`, 'Last-Event-ID: 1e308\r\n'), 404, 400],
    ],
    queries: [
      ['a cursor that was tampered with', get(`/api/runs?cursor=${'f'.repeat(12)}.${RUN}.a.b.c`), 200, 400],
      ['a cursor with ../', get('/api/runs?cursor=..%2f..%2fopen%2f'), 400],
      ['a cursor that is none', get('/api/runs?cursor=zzz'), 400],
      ...['0', '1e9', 'NaN', '0x10'].map((limit): Case => [`limit ${limit}`, get(`/api/runs?limit=${limit}`), 400, ...(limit === '0x10' ? [200] : [])]),
      ['limit twice', get('/api/runs?limit=1&limit=2'), 400],
      ['an unknown name', get('/api/runs?foo=1'), 400],
      ['__proto__', get('/api/runs?__proto__=1'), 400],
      ['an operator', get('/api/runs?pipeline[$ne]=1'), 400],
      ['since yesterday', get('/api/runs?since=yesterday'), 400],
      ['since the end of time', get('/api/runs?since=%2B275760-09-13T00:00:00Z'), 400, 200],
      ['the year 0', get('/api/runs?since=0000-01-01&until=0000-01-01'), 400, 200],
      ['an unknown state', get('/api/runs?state=evil'), 400],
      ['1,500 states', get(`/api/runs?state=${Array(1_500).fill('failed').join(',')}`), 400, 200],
      ['1,500 parameters', get(`/api/runs?${Array(1_500).fill('a=1').join('&')}`), 400],
      ...['0', '1e3', '9'.repeat(400), '-1'].map((attempt): Case => [
        `attempt ${attempt.slice(0, 9)}`,
        get(`/api/runs/${RUN}/logs?attempt=${attempt}`),
        400,
        404,
      ]),
      ['follow=1', get(`/api/runs/${RUN}/logs?follow=1`), 400],
    ],
    'ways around the key': [
      ...[
        '/api/ingesta',
        '/API/ingesta',
        '//api/ingesta',
        '/api%2fingesta',
        '/./api/ingesta',
        '/x/../api/ingesta',
        '/%61pi/ingesta',
        '/api;x/ingesta',
        String.raw`/api\ingesta`,
        '/api/x',
      ].map((line): Case => [`none, ${line}`, keyless(line), 401, 404, 400]),
      ['none, absolute form', keyless('http://evil/api/ingesta'), 401, 404, 400, 421],
      ['the key in the query', keyless(`/api/ingesta?api_key=${key}&key=${key}`), 401],
      ...['wrong', 'k'.repeat(15_000), `${key}x`, key.slice(0, -1)].map((given): Case => [
        `the key ${given.slice(0, 9)}…`,
        keyless('/api/ingesta', `X-API-Key: ${given}\r\n`),
        401,
      ]),
      ['Basic', keyless('/api/ingesta', `Authorization: Basic ${Buffer.from(`x:${key}`).toString('base64')}\r\n`), 401],
      ['Bearer in quotes', keyless('/api/ingesta', `Authorization: Bearer "${key}"\r\n`), 401],
      ['two Authorizations', keyless('/api/ingesta', `Authorization: Bearer wrong\r\nAuthorization: Bearer ${key}\r\n`), 200, 400, 401],
      ['two X-API-Keys', keyless('/api/ingesta', `X-API-Key: wrong\r\nX-API-Key: ${key}\r\n`), 200, 400, 401],
      ['bEaReR', keyless('/api/ingesta', `Authorization: bEaReR ${key}\r\n`), 200],
      ['Bearer and two spaces', keyless('/api/ingesta', `Authorization: Bearer  ${key}\r\n`), 200],
      ['a wrong X-API-Key and a right Bearer', keyless('/api/ingesta', `X-API-Key: wrong\r\nAuthorization: Bearer ${key}\r\n`), 200],
      ['an empty X-API-Key and a right Bearer', keyless('/api/ingesta', `X-API-Key: \r\nAuthorization: Bearer ${key}\r\n`), 200],
    ],
  };
  return Object.fromEntries(
    Object.entries(themes).map(([theme, cases]) => [
      theme,
      cases.map(([name, bytes, ...statuses]) => ({ name, bytes: Buffer.from(bytes as string, 'latin1'), statuses })),
    ]),
  );
}
