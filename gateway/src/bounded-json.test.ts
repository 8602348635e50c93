import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JsonBoundsError, parseJson } from './bounded-json.ts';

describe('parseJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(fc.property(fc.json(), (text) => expect(parseJson(text)).toEqual(JSON.parse(text))));
  });

  test('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let failed = false;
        try {
          JSON.parse(text);
        } catch {
          failed = true;
        }
        if (failed) expect(() => parseJson(text)).toThrow(SyntaxError);
      }),
    );
  });

  test.each([
    ['deep arrays', '['.repeat(65) + ']'.repeat(65)],
    ['deep objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65)],
    ['depth that never closes', '['.repeat(1_000_000)],
    ['very many empty objects', `[${'{},'.repeat(400_000)}0]`],
    ['very many names of fields', `{${Array.from({ length: 20_001 }, (_, at) => `"n${at}":0`).join()}}`],
    ['very many names in different objects', `[${Array.from({ length: 20_001 }, (_, at) => `{"n${at}":0}`).join()}]`],
    ['very many numbers', `[${'0,'.repeat(400_000)}0]`],
  ])('refuses %s before it parses', (_, text) => {
    expect(() => parseJson(text)).toThrow(JsonBoundsError);
  });

  test('counts a name once', () => {
    const text = `[${Array.from({ length: 50_000 }, () => '{"name":1,"type":{"a\\":b":2}}').join()}]`;
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  test('does not count what stands in strings', () => {
    const text = JSON.stringify({ a: '[{,'.repeat(500_000), b: String.raw`\"[`.repeat(100) });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});
