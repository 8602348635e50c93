import { describe, expect, test } from '@jest/globals';
import { GUARDED_HEADERS, type GuardSettings, type GuardedHeader, type GuardedRequest, guard } from './browser-guard.ts';

const LOOPBACK: GuardSettings = { hosts: ['gateway.example.org', '.intern.example.org'], origins: ['https://panel.example.org'] };
const WITH_KEY: GuardSettings = { hosts: undefined, origins: [] };
const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0', 'accept-language': 'es' };
const HEALTH = 'GET /api/ingesta/health';
const RUN = 'POST /api/ingesta/ventas';

type Headers = Partial<Record<GuardedHeader, string | readonly string[]>>;

function request(line: string, headers: Headers, encrypted = false): GuardedRequest {
  const [method = '', target = ''] = line.split(' ');
  const all: Headers = { host: '127.0.0.1:8000', ...headers };
  const lists = GUARDED_HEADERS.map((name) => [name, all[name] === undefined ? [] : [all[name]].flat()] as const);
  return { method, target, encrypted, headers: Object.fromEntries(lists) as unknown as GuardedRequest['headers'] };
}

function verdict(line: string, headers: Headers, settings = LOOPBACK, encrypted = false): string {
  const seen = guard(request(line, headers, encrypted), settings);
  return seen.ok ? (seen.origin ?? 'ok') : seen.code;
}

const HOST = 'HOST_NOT_ALLOWED';
const ORIGIN = 'ORIGIN_NOT_ALLOWED';

describe('Host', () => {
  test.each<[string | string[], string]>([
    ['localhost', 'ok'],
    ['localhost:8000', 'ok'],
    ['LocalHost:8000', 'ok'],
    ['localhost.', 'ok'],
    ['localhost.:8000', 'ok'],
    ['localhost:', 'ok'],
    ['esclusa.localhost', 'ok'],
    ['127.0.0.1', 'ok'],
    ['127.0.0.1.:8000', 'ok'],
    ['10.1.2.3:8000', 'ok'],
    ['[::1]', 'ok'],
    ['[::1]:8000', 'ok'],
    ['[FE80::1]:8000', 'ok'],
    ['[::ffff:127.0.0.1]:8000', 'ok'],
    ['gateway.example.org', 'ok'],
    ['GATEWAY.example.org.:9000', 'ok'],
    ['a.intern.example.org', 'ok'],
    ['', 'ok'],
    ['intern.example.org', HOST],
    ['evil-intern.example.org', HOST],
    ['attacker.example:8000', HOST],
    ['127.0.0.1.attacker.example', HOST],
    ['localhost.attacker.example', HOST],
    ['notlocalhost', HOST],
    ['.localhost.', 'ok'],
    // A name without a dot is anybody's who answers for it in a local network.
    ['api-gateway:8000', HOST],
    ['127.1', HOST],
    ['2130706433', HOST],
    ['0x7f.0.0.1', HOST],
    ['[::1', HOST],
    ['::1', HOST],
    ['[attacker.example]', HOST],
    ['localhost:8000:8000', HOST],
    ['localhost:port', HOST],
    ['user@localhost', HOST],
    ['localhost/x', HOST],
    ['localhost attacker.example', HOST],
    ['lócalhost', HOST],
    [['127.0.0.1', 'attacker.example'], 'REQUEST_MALFORMED'],
    [['127.0.0.1', '127.0.0.1'], 'REQUEST_MALFORMED'],
  ])('%j: %s', (host, expected) => {
    expect(verdict('GET /health', { host })).toBe(expected);
  });

  test.each<[string, string]>([
    ['GET http://attacker.example/api/runs', HOST],
    ['GET http://localhost:8000/api/runs', 'ok'],
    ['GET http:///api/runs', HOST],
    ['GET http://user@localhost/api/runs', HOST],
    ['OPTIONS *', 'ok'],
  ])('of a whole URL counts too: %s', (line, expected) => {
    expect(verdict(line, {})).toBe(expected);
  });

  test('is not looked at where callers have a key, and none is listed', () => {
    expect(verdict('GET /api/runs', { host: 'esclusa.example.org' }, WITH_KEY)).toBe('ok');
    expect(verdict('GET /api/runs', { host: ['a', 'b'] }, WITH_KEY)).toBe('REQUEST_MALFORMED');
  });

  test('a refusal names the setting, and prints nothing that a terminal would act on', () => {
    const seen = guard(request('GET /', { host: `\u001b[2J\u009b${'x'.repeat(5_000)}` }), LOOPBACK);
    expect(seen).toMatchObject({ ok: false, detail: expect.stringContaining('ALLOWED_HOSTS') });
    expect(JSON.stringify(seen)).not.toMatch(/\\u001b|\u009b|x{200}/);
  });
});

describe('whoever asks', () => {
  test.each<[string, string, Headers, string]>([
    ['curl', RUN, { 'user-agent': 'curl/8.5', accept: '*/*' }, 'ok'],
    ['Python', 'DELETE /api/runs/x', { 'user-agent': 'python-requests/2.32', accept: '*/*' }, 'ok'],
    ['PowerShell', HEALTH, { 'user-agent': 'Mozilla/5.0 (Windows NT; Windows NT 10.0; es-ES) WindowsPowerShell/5.1' }, 'ok'],
    ['an address typed in', 'GET /api/runs', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, 'ok'],
    ['its own page', RUN, { origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'same-origin' }, 'ok'],
    ['its own page, by GET', HEALTH, { ...FIREFOX, 'sec-fetch-site': 'same-origin' }, 'ok'],
    ['its own page in an older browser', RUN, { ...FIREFOX, origin: 'http://127.0.0.1:8000' }, 'ok'],
    ['its own page in an older browser, by GET', HEALTH, { ...FIREFOX, referer: 'http://127.0.0.1:8000/docs' }, 'ok'],
    ['its own page on the default port', RUN, { host: 'localhost', origin: 'http://localhost' }, 'ok'],
    ['its own page on port 80', RUN, { host: 'localhost:80', origin: 'http://localhost' }, 'ok'],
    ['a listed page', RUN, { origin: 'https://panel.example.org', 'sec-fetch-site': 'cross-site' }, 'https://panel.example.org'],
    ['its question before', 'OPTIONS /api/runs', { origin: 'https://panel.example.org', 'sec-fetch-site': 'cross-site' }, 'https://panel.example.org'],
    ['a form of another page', RUN, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, ORIGIN],
    ['the question before it', 'OPTIONS /api/runs', { origin: 'https://evil.example' }, ORIGIN],
    ['a listed page of another scheme', RUN, { origin: 'http://panel.example.org' }, ORIGIN],
    ['a listed page of another port', RUN, { origin: 'https://panel.example.org:444' }, ORIGIN],
    ['a page below a listed one', RUN, { origin: 'https://x.panel.example.org' }, ORIGIN],
    ['a page of the same host, another port', RUN, { origin: 'http://127.0.0.1:3000' }, ORIGIN],
    ['a page of the same host, encrypted', RUN, { origin: 'https://127.0.0.1:8000' }, ORIGIN],
    ['a sandboxed page', RUN, { origin: 'null' }, ORIGIN],
    ['an empty origin', RUN, { origin: '' }, ORIGIN],
    ['a path for an origin', RUN, { origin: 'http://127.0.0.1:8000/' }, ORIGIN],
    ['an opaque origin', RUN, { origin: 'file://' }, ORIGIN],
    ['an extension', RUN, { origin: 'chrome-extension://abc' }, ORIGIN],
    ['several origins', RUN, { origin: ['http://127.0.0.1:8000', 'https://evil.example'] }, ORIGIN],
    ['several origins in one', RUN, { origin: 'http://127.0.0.1:8000, https://evil.example' }, ORIGIN],
    ['an origin that is no page of this Host', RUN, { host: 'localhost:8000', origin: 'http://127.0.0.1:8000' }, ORIGIN],
    ['an origin without a Host', RUN, { host: [], origin: 'http://127.0.0.1:8000' }, ORIGIN],
    ['an image', HEALTH, { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }, ORIGIN],
    ['a page of the same site', 'GET /api/runs', { 'sec-fetch-site': 'same-site' }, ORIGIN],
    ['a site that nobody knows', 'GET /api/runs', { 'sec-fetch-site': 'sideways' }, ORIGIN],
    ['two sites', 'GET /api/runs', { 'sec-fetch-site': ['same-origin', 'cross-site'] }, ORIGIN],
    ['two sites in one', 'GET /api/runs', { 'sec-fetch-site': 'same-origin, cross-site' }, ORIGIN],
    ['its own origin from another site', RUN, { origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'cross-site' }, ORIGIN],
    ['an image in an older browser', HEALTH, { ...FIREFOX, referer: 'https://evil.example/x' }, ORIGIN],
    ['one that hides its page', HEALTH, FIREFOX, ORIGIN],
    ['one that hides its page, by HEAD', 'HEAD /API/Ingesta/health/', FIREFOX, ORIGIN],
    ['one that hides its page, by a whole URL', 'GET http://127.0.0.1:8000/api/ingesta/health?x=1', FIREFOX, ORIGIN],
    ['one that hides its page and runs', RUN, FIREFOX, ORIGIN],
    ['one that hides its page and only reads', 'GET /api/runs', FIREFOX, 'ok'],
    ['an image that hides its page', 'GET /api/runs', { accept: 'image/avif,image/webp,*/*;q=0.8' }, ORIGIN],
    ['a program that takes images too', 'GET /api/runs', { accept: 'image/png, application/json' }, 'ok'],
    ['a page of another place in an older browser', 'GET /api/runs', { ...FIREFOX, referer: 'http://127.0.0.1:3000/' }, ORIGIN],
    ['a referer that is none', HEALTH, { referer: 'about:client' }, 'ok'],
  ])('%s, %s %j: %s', (_, line, headers, expected) => {
    expect(verdict(line, headers)).toBe(expected);
  });

  const FROM_ELSEWHERE: Headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  test.each<[string, Headers, string]>([
    ['GET /docs', FROM_ELSEWHERE, 'ok'],
    ['GET /docs/', FROM_ELSEWHERE, 'ok'],
    ['GET /redoc?x', FROM_ELSEWHERE, 'ok'],
    ['GET /assets/docs.js', FROM_ELSEWHERE, 'ok'],
    ['GET /docs', { ...FIREFOX, referer: 'https://wiki.example/' }, 'ok'],
    ['GET /docs', { ...FROM_ELSEWHERE, 'sec-fetch-dest': 'iframe' }, ORIGIN],
    ['GET /docs', { ...FROM_ELSEWHERE, 'sec-fetch-mode': 'cors' }, ORIGIN],
    ['POST /docs', FROM_ELSEWHERE, ORIGIN],
    ['GET /api/runs', FROM_ELSEWHERE, ORIGIN],
    ['GET /health', FROM_ELSEWHERE, ORIGIN],
    ['GET /openapi.json', FROM_ELSEWHERE, ORIGIN],
    ['GET /docs/../api/runs', FROM_ELSEWHERE, ORIGIN],
    ['GET /docs%2f', FROM_ELSEWHERE, ORIGIN],
  ])('a link of another page: %s %j: %s', (line, headers, expected) => {
    expect(verdict(line, headers)).toBe(expected);
  });

  test('a proxy in front says that it was encrypted', () => {
    const headers = { host: 'gateway.example.org', origin: 'https://gateway.example.org' };
    expect(verdict(RUN, headers, LOOPBACK, true)).toBe('ok');
    expect(verdict(RUN, headers, LOOPBACK, false)).toBe(ORIGIN);
    expect(verdict(RUN, { ...headers, host: 'gateway.example.org:443' }, LOOPBACK, true)).toBe('ok');
    expect(verdict(RUN, { ...headers, host: 'gateway.example.org:80' }, LOOPBACK, true)).toBe(ORIGIN);
  });

  test('with a key they are looked at all the same', () => {
    expect(verdict(RUN, { origin: 'https://evil.example' }, WITH_KEY)).toBe(ORIGIN);
    expect(verdict(RUN, { host: 'esclusa.example.org', origin: 'http://esclusa.example.org' }, WITH_KEY)).toBe('ok');
  });
});
