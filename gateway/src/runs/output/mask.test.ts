import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Mask } from './mask.ts';

const SECRET = 'pä"ss\\wörd & más/2?';

describe('a secret is hidden', () => {
  const mask = new Mask([SECRET]);

  test.each([
    ['as it is', SECRET],
    ['inside JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in base64', Buffer.from(SECRET).toString('base64')],
  ])('%s, every time that it stands there', (_, form) => {
    expect(mask.text(`<${form}> and <${form}>`)).toBe('<***> and <***>');
  });

  test('line by line when it has several', () => {
    const key = '-----BEGIN KEY-----\r\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----';
    const several = new Mask([key]);
    expect(several.text(`before ${key} after`)).toBe('before *** after');
    for (const line of key.split(/\r?\n/)) expect(several.text(`debug: ${line}`)).toBe('debug: ***');
  });

  test('whole when it holds another secret', () => {
    for (const secrets of [
      ['hunter', 'hunter2-long'],
      ['hunter2-long', 'hunter'],
    ]) {
      expect(new Mask(secrets).text('hunter2-long, hunter')).toBe('***, ***');
    }
  });

  test('whole when it overlaps another secret', () => {
    for (const secrets of [
      ['abcd1234', '1234efgh'],
      ['1234efgh', 'abcd1234'],
    ]) {
      expect(new Mask(secrets).text('<abcd1234efgh> <abcd1234> <1234efgh>')).toBe('<***> <***> <***>');
    }
  });

  test('whole when it overlaps itself', () => {
    expect(new Mask(['abcab']).text('<abcabcab>')).toBe('<***>');
  });

  test('when it is short only as a whole string, so that words stay readable', () => {
    const short = new Mask(['abc']);
    expect(short.text('abc')).toBe('***');
    expect(short.text('the abc of it')).toBe('the abc of it');
  });

  test('wherever it stands in JSON, in keys too, while all else stays', () => {
    const value = { [`key ${SECRET}`]: [SECRET, { deep: `x${SECRET}y` }], number: 1, nothing: null, flag: true, text: 'hello' };
    expect(mask.json(value)).toEqual({ 'key ***': ['***', { deep: 'x***y' }], number: 1, nothing: null, flag: true, text: 'hello' });
  });

  test('whatever stands around it', () => {
    const secrets = fc.array(fc.string({ minLength: 4, maxLength: 12, unit: fc.constantFrom('a', 'b', '1', '"', '\\') }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(secrets, fc.infiniteStream(fc.nat()), (several, picks) => {
        const text = Array.from({ length: 6 }, () => several[(picks.next().value ?? 0) % several.length]).join('-');
        const masked = new Mask(several).text(text);
        expect(several.filter((secret) => masked.includes(secret))).toEqual([]);
      }),
    );
  });
});

describe('what is no secret', () => {
  test.each([[[]], [['']], [['hunter2-long']]])('stays as it is with the secrets %j', (secrets) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('hunter2-long')),
        (text) => expect(new Mask(secrets).text(text)).toBe(text),
      ),
    );
  });

  test('is not taken for a pattern', () => {
    expect(new Mask(['.*$&+']).text('a.*$&+b, abc')).toBe('a***b, abc');
  });
});
