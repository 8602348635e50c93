import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Random } from './random.ts';

/** The part of an OpenAPI document that requests are made of. */
export interface FuzzedDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, FuzzedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
interface FuzzedOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** A request as bytes, and what is known of it. */
export interface FuzzedRequest {
  readonly bytes: Buffer;
  /** For a report: method, path and what was done to them. */
  readonly about: string;
  /** True if the client ends its side after the request: its framing is invalid, or promises more bytes than it sends. */
  readonly cut: boolean;
  /** True if the gateway starts containers for the request, whose time it takes. */
  readonly asksJobs: boolean;
}

const HOSTILE = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '..%2f..%2fopen',
  '%2e%2e',
  '%00',
  '%',
  '%zz',
  '%c0%ae',
  '%ff',
  '__proto__',
  'constructor',
  'toString',
  '%3Cscript%3E',
  "'or 1=1--",
  '${jndi:x}',
  '\u{1f4a9}',
  'ñ',
  '\u001b[2J',
  '\u009b31m',
  '\u202e',
  'null',
  'undefined',
  'NaN',
  '-1',
  '0',
  '1e308',
  '9'.repeat(400),
  '0x10',
  'true',
  'a'.repeat(300),
  'a'.repeat(9_000),
  ';'.repeat(2_000),
  '"'.repeat(2_000),
  `a${' '.repeat(9_000)}b`,
  ','.repeat(5_000),
  '[]',
  '{}',
  '*',
  '//',
  '\\',
  '2025-13-45',
  '0000-01-01',
] as const;
const HEADERS = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'Cookie',
  'Expect',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'Last-Event-ID',
  'Origin',
  'Prefer',
  'Range',
  'Referer',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Upgrade',
  'User-Agent',
  'X-API-Key',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-HTTP-Method-Override',
  '__proto__',
] as const;
const VALUES = [
  'application/json',
  'application/x-ndjson',
  'text/plain; charset=klingon',
  'text/plain; charset=utf-16',
  'image/*',
  'gzip',
  'br',
  'deflate',
  'zstd',
  'gzip, gzip',
  'identity',
  '100-continue',
  '200-maybe',
  'wait=1',
  'wait=-1',
  'respond-async',
  'Bearer x',
  'Basic eDp5',
  'cross-site',
  'same-origin',
  'none',
  'navigate',
  'document',
  'https://evil.example',
  'websocket',
  'bytes=0-5',
  '"a"',
  'DELETE',
  'https',
  'Mozilla/5.0',
  'es',
] as const;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'QUERY', 'PROPFIND'] as const;

/**
 * Makes requests out of a gateway's OpenAPI document, the same ones for the same seed. One in two hundred and fifty of those that run, plan or
 * change a pipeline that there is could be taken, at most ten in all; any other has a field that nobody knows, so that few containers are started.
 */
export class Generator {
  readonly #document: FuzzedDocument;
  readonly #random: Random;
  readonly #host: string;
  readonly #key: string | undefined;
  #mayBeTaken = 10;
  #mayAskJobs = 10;

  constructor(document: FuzzedDocument, options: { readonly seed: number; readonly host: string; readonly key?: string | undefined }) {
    this.#document = document;
    this.#random = new Random(options.seed);
    this.#host = options.host;
    this.#key = options.key;
  }

  next(): FuzzedRequest {
    const random = this.#random;
    const paths = Object.keys(this.#document.paths) as [string, ...string[]];
    const pattern = random.pick(paths);
    const operations = this.#document.paths[pattern] ?? {};
    const known = Object.keys(operations) as [string, ...string[]];
    const method = random.chance(0.85) ? random.pick(known).toUpperCase() : random.pick(METHODS);
    const operation = operations[method.toLowerCase()];
    let target = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => this.#parameter(operation, 'path', name));
    if (random.chance(0.05))
      target = random.pick([target.toUpperCase(), `/${target}`, `${target}/`, `http://evil.example${target}`, target.replace('/api', '/%61pi'), '*']);
    // Containers are started for it.
    if (pattern === '/api/ingesta/health' && this.#mayAskJobs-- <= 0) target = '/health';
    target += this.#query(operation);
    const { body, headers } = this.#body(method, operation);
    const lines = [...this.#ownHeaders(), ...headers, ...this.#headers(operation)];
    const version = random.chance(0.97) ? 'HTTP/1.1' : random.pick(['HTTP/1.0', 'HTTP/3.7', 'HTP/1.1', '']);
    const framing = this.#framing(body);
    const head = [`${method} ${raw(target)} ${version}`, ...lines, ...framing.headers, 'Connection: close', '', ''].join('\r\n');
    return {
      bytes: Buffer.concat([Buffer.from(head), framing.body]),
      about: `${method} ${target.slice(0, 120)}`,
      cut: framing.cut,
      asksJobs: /health/i.test(target) && /ingesta/i.test(target),
    };
  }

  #ownHeaders(): string[] {
    const random = this.#random;
    const host = random.chance(0.96)
      ? [`Host: ${this.#host}`]
      : random.pick([[], ['Host: evil.example'], [`Host: ${this.#host}`, 'Host: evil.example'], ['Host: [::1'], ['Host:']]);
    return [...host, ...(this.#key !== undefined && random.chance(0.95) ? [`X-API-Key: ${this.#key}`] : [])];
  }

  #parameter(operation: FuzzedOperation | undefined, place: string, name: string): string {
    const random = this.#random;
    const schema = operation?.parameters?.find((one) => one.in === place && one.name === name)?.schema;
    if (random.chance(0.4)) return random.pick(HOSTILE);
    const value = this.#sample(schema ?? { type: 'string' }, 0);
    return encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
  }

  #query(operation: FuzzedOperation | undefined): string {
    const random = this.#random;
    const names = [...(operation?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name), '__proto__', 'x[y]', ''];
    if (!random.chance(0.4)) return '';
    const pairs = Array.from({ length: 1 + random.below(3) }, () => {
      const name = random.pick(names as [string, ...string[]]);
      return `${name}=${this.#parameter(operation, 'query', name)}`;
    });
    return `?${pairs.join('&')}`;
  }

  #headers(operation: FuzzedOperation | undefined): string[] {
    const random = this.#random;
    const own = (operation?.parameters ?? []).filter((one) => one.in === 'header').map(({ name }) => name);
    const names = [...HEADERS, ...own, ...own] as [string, ...string[]];
    return Array.from({ length: random.below(4) }, () => {
      const value = random.pick([random.pick(VALUES), random.pick(HOSTILE), random.pick(HOSTILE)]);
      return `${random.pick(names)}: ${random.chance(0.97) ? value.replaceAll(/[\r\n]/g, '') : `a\0b`}`;
    });
  }

  #body(method: string, operation: FuzzedOperation | undefined): { body: Buffer; headers: string[] } {
    const random = this.#random;
    const schema = operation?.requestBody?.content['application/json']?.schema;
    if (schema === undefined && !random.chance(0.2)) return { body: Buffer.alloc(0), headers: [] };
    // Bodies that the gateway may accept are rare.
    const taken = method === 'POST' && this.#mayBeTaken > 0 && random.chance(0.004);
    if (taken) this.#mayBeTaken--;
    const value = this.#sample(schema ?? {}, 0);
    const spoilt = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, fuzz: random.pick(HOSTILE) } : [value];
    const whole = JSON.stringify(taken ? {} : spoilt);
    const text = taken
      ? whole
      : random.pick([
          whole,
          whole,
          whole,
          whole.slice(0, -1),
          `${whole},`,
          '['.repeat(20_000),
          '{"a":'.repeat(5_000),
          `{"__proto__":${whole}}`,
          '\u0000',
          '\ufeff[',
          '[1e999]',
          `"${'x'.repeat(70_000)}"`,
          `[${'0,'.repeat(30_000)}0]`,
          whole.replace('"', '"\\ud800'),
        ]);
    const bytes = random.chance(0.97) || taken ? Buffer.from(text) : Buffer.from([0x7b, 0xff, 0xfe, 0x22]);
    if (taken) return { body: bytes, headers: ['Prefer: respond-async'] };
    const coded = random.chance(0.1);
    if (!coded) return { body: bytes, headers: [] };
    const [encoding, encode] = random.pick<readonly [string, (bytes: Buffer) => Buffer]>([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['gzip', (all) => all],
      ['gzip', () => gzipSync(Buffer.alloc(5_000_000))],
      ['gzip', (all) => gzipSync(all).subarray(0, 12)],
    ]);
    return { body: encode(bytes), headers: [`Content-Encoding: ${encoding}`] };
  }

  #framing(body: Buffer): { headers: string[]; body: Buffer; cut: boolean } {
    const random = this.#random;
    const length = { headers: [`Content-Length: ${body.length}`], body, cut: false };
    if (body.length === 0) return random.chance(0.5) ? length : { headers: [], body, cut: false };
    if (random.chance(0.9)) return length;
    const chunks = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
    return random.pick([
      { headers: ['Transfer-Encoding: chunked'], body: chunks, cut: false },
      { headers: ['Transfer-Encoding: chunked'], body: Buffer.from('zz\r\n{}\r\n'), cut: true },
      { headers: [`Content-Length: ${body.length + 100}`], body, cut: true },
      { headers: ['Content-Length: 10485760'], body, cut: false },
      { headers: [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], body: chunks, cut: true },
      { headers: ['Content-Length: -1'], body, cut: true },
      { headers: ['Transfer-Encoding: xchunked'], body: chunks, cut: true },
    ]);
  }

  #sample(schema: Schema, depth: number): unknown {
    const random = this.#random;
    if (schema.$ref !== undefined) return this.#sample(this.#document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, depth);
    if (depth > 4 || random.chance(0.15)) return random.pick([null, true, -1, 1e308, random.pick(HOSTILE), [], {}, { __proto__x: 1 }]);
    if (schema.enum !== undefined && schema.enum.length > 0) return random.pick(schema.enum as [unknown, ...unknown[]]);
    switch (schema.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => (random.chance(0.6) ? [[name, this.#sample(inner, depth + 1)]] : [])),
        );
      case 'array':
        return Array.from({ length: random.below(4) }, () => this.#sample(schema.items ?? {}, depth + 1));
      case 'integer':
      case 'number':
        return random.below(1_000) - 10;
      case 'boolean':
        return random.chance(0.5);
      default:
        return schema.format === 'uuid' ? '019ab1f4-0000-7000-8000-000000000000' : random.pick(HOSTILE);
    }
  }
}

/** A target keeps its bytes, but for those that would end the line. */
function raw(target: string): string {
  return target.replaceAll(/[\r\n ]/g, '+');
}
