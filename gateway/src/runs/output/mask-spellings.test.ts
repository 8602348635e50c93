import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OutputCollector } from './collector.ts';
import { Mask } from './mask.ts';
import { passwordsIn, secretsOf } from './secrets.ts';

const percentAll = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const uri = (text: string): string => encodeURIComponent(text);
const form = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
const small = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
const base64 = (text: string, before: string): string => Buffer.from(before + text).toString('base64');

const SPELLINGS: readonly (readonly [name: string, write: (secret: string) => string])[] = [
  ['plain', (text) => text],
  ['JSON', json],
  ['JSON in JSON', (text) => json(json(text))],
  ['JSON with \\u', (text) => Array.from({ length: text.length }, (_, n) => `\\u${text.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')],
  ['URL', uri],
  ['URL in small letters', (text) => small(uri(text))],
  ["URL with !'()* too", (text) => uri(text).replaceAll(/[!'()*]/g, percentAll)],
  ['form', form],
  ['form in small letters', (text) => small(form(text))],
  ['URL of every letter', percentAll],
  ['URL in URL', (text) => uri(uri(text))],
  ['URL in JSON', (text) => json(uri(text))],
  ['JSON in URL', (text) => uri(json(text))],
  ['base64', (text) => base64(text, '')],
  ['base64, one off', (text) => base64(text, 'x')],
  ['base64, two off', (text) => base64(text, 'me')],
  ['base64 of user and password', (text) => base64(text, 'admin:')],
  ['base64 with more behind', (text) => base64(`${text} and more`, 'a:')],
  ['base64url', (text) => Buffer.from(`x:${text}`).toString('base64url')],
  ['base64 without padding', (text) => base64(text, '').replaceAll('=', '')],
];

const secret = fc
  .string({ unit: fc.constantFrom(...Array.from('aZ09"\\\'%+/ !()*&=?:@-_ñ💊')), minLength: 8, maxLength: 24 })
  .filter((text) => text.trim() === text);

describe.each(SPELLINGS)('%s', (_, write) => {
  test('is hidden wherever it stands and however it is cut into chunks', () => {
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), fc.nat({ max: 60 }), (text, before, after, cut) => {
        const spelled = write(text);
        const heard: string[] = [];
        const collector = new OutputCollector(new Mask([], new Mask([text, 'another secret'])), { line: (line) => heard.push(line) });
        const bytes = Buffer.from(`${before.replaceAll(/[\r\n]/g, '')} <${spelled}> ${after.replaceAll(/[\r\n]/g, '')}\n`);
        collector.stdout(bytes.subarray(0, cut));
        collector.stdout(bytes.subarray(cut));
        const details = { [spelled]: [spelled] };
        collector.stdout(Buffer.from(`${JSON.stringify({ type: 'error', code: 'SOURCE_REFUSED', message: spelled, retryable: false, details })}\n`));
        collector.end();
        const all = [...heard, ...collector.tail, collector.log.text(), JSON.stringify(collector.final)].join('\n');
        expect(all).not.toContain(spelled);
        expect(all).toContain('***');
      }),
      { numRuns: 25 },
    );
  });
});

test('of a secret that a cut goes through nothing stays, wherever it is cut', () => {
  const text = 'canary-"secret"-0123456789';
  const mask = new Mask([text]);
  // Those that are of the secret alone; and with less than all the places, since each is half a megabyte.
  for (const [, write] of SPELLINGS.filter(([name]) => !/off|user|behind|base64url/.test(name))) {
    for (const back of [1, 10, 40, 200]) {
      const collector = new OutputCollector(mask);
      const spelled = write(text);
      for (const edge of [256 * 1024, 256 * 1024 + mask.margin]) {
        collector.stderr(Buffer.from(`${'.'.repeat(edge - back)}${spelled}${'.'.repeat(5_000)}\n`));
      }
      collector.end();
      expect(collector.log.text().replaceAll(/[.\n]/g, '').replaceAll('***', '')).toBe('');
    }
  }
});

test('a key of several lines is hidden line by line, also in JSON and in a line of its own', () => {
  const key = `-----BEGIN KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(3)}c2hvcnQ=\n-----END KEY-----\n`;
  const masked = new Mask([key]).text(`${json(key)} ${key} c2hvcnQ=`);
  expect(masked).not.toMatch(/MIIE|c2hv|BEGIN/);
});

test.each([
  ['zeta://me:p%40ss-word@host/db', ['p%40ss-word', 'p@ss-word']],
  ['https://a-very-long-token-of-somebody@host', ['a-very-long-token-of-somebody']],
  ['https://me@host', []],
  ['zeta://host/db?user=me&password=hunter2&sslmode=require', ['hunter2']],
  ["host=db user=me password='hun ter2' dbname=x", ['hun ter2']],
  ['Server=db;User Id=me;Password=hunter2;', ['hunter2']],
  ['https://host:8000/a:b@c', []],
])('the passwords in %s', (value, found) => expect(passwordsIn(value)).toEqual(found));

test('the secrets of an environment', () => {
  const environment = {
    API_KEY: 'k-0123456789',
    S3_ENDPOINT: 'https://me:p-endpoint@s3',
    ZETA_URL: 'http://zeta:8000',
    ZETA_DSN: 'zeta://u:p-dsn@h',
    ZETA_HOST: 'db',
    ZETA_PASSWORD: 'p-zeta',
    ZETA_PASSWORD_FILE: '/run/secrets/zeta',
    ZETA_SEED: 'odd',
    FEATURE_TOKEN: 'enabled',
    LANG: 'C.UTF-8',
  };
  expect(secretsOf(environment, new Set(['ZETA_SEED'])).toSorted()).toEqual(['k-0123456789', 'odd', 'p-dsn', 'p-endpoint', 'p-zeta', 'zeta://u:p-dsn@h']);
});
