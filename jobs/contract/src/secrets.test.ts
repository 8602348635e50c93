import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSecretsLine, secretsLine } from './secrets.ts';

const secrets = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
  fc.string({ unit: 'grapheme' }),
  { noNullPrototype: true },
);

/** What a job takes from a stream: the first valid line. */
function firstValid(stream: string): Record<string, string> | undefined {
  return stream
    .split('\n')
    .map(parseSecretsLine)
    .find((found) => found !== undefined)?.values;
}

describe('the secrets line', () => {
  test('gives back what was written, whatever characters the secrets hold', () => {
    fc.assert(fc.property(secrets, (values) => expect(firstValid(secretsLine(values))).toEqual(values)));
  });

  test('is one line, also with secrets of many lines', () => {
    expect(secretsLine({ KEY: 'a\nb\r\nc' }).split('\n')).toHaveLength(3);
  });

  test('sent again after half of it was lost is read whole', () => {
    const line = secretsLine({ MONGO_PASSWORD: 'pa"ss\nword', AWS_SECRET_ACCESS_KEY: 'x' });
    for (let sent = 0; sent < line.length; sent++) {
      expect(firstValid(line.slice(0, sent) + line)).toEqual({ MONGO_PASSWORD: 'pa"ss\nword', AWS_SECRET_ACCESS_KEY: 'x' });
    }
  });

  test('is not taken from half a line', () => {
    const whole = secretsLine({ A: '1' }).trim();
    for (let length = 0; length < whole.length; length++) expect(parseSecretsLine(whole.slice(0, length))).toBeUndefined();
    expect(parseSecretsLine(whole)?.values).toEqual({ A: '1' });
  });

  test('carries what columns are compared with, or that there is nothing', () => {
    const previous = { run: 'r1', datasets: { a: [{ name: 'id', type: 'integer', sourceType: 'int' }] } };
    expect(parseSecretsLine(secretsLine({ A: '1' }, previous).trim())?.previous).toEqual(previous);
    expect(parseSecretsLine(secretsLine({ A: '1' }, null).trim())?.previous).toBeNull();
    expect(parseSecretsLine(secretsLine({ A: '1' }).trim())).toEqual({ type: 'secrets', values: { A: '1' } });
  });

  test.each([
    '',
    'null',
    '[]',
    '"secrets"',
    '{}',
    '{"type":"secrets"}',
    '{"type":"secrets","values":[]}',
    '{"type":"secrets","values":{"A":1}}',
    '{"values":{"A":"1"}}',
  ])('is not %j', (line) => {
    expect(parseSecretsLine(line)).toBeUndefined();
  });
});
