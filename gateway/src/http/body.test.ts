import { describe, expect, test } from '@jest/globals';
import { GatewayError } from '../errors.ts';
import { parseIngestaBody } from './body.ts';

function refusal(text: string): GatewayError {
  try {
    parseIngestaBody(text);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the body of an ingesta', () => {
  test.each([undefined, '', ' \n', '{}'])('may be left out (%j)', (text) => {
    expect(parseIngestaBody(text)).toEqual({});
  });

  test('may name the datasets wanted', () => {
    expect(parseIngestaBody('{"datasets":["productos","médicos"]}')).toEqual({ datasets: ['productos', 'médicos'] });
  });

  test('tells the first of very many wrong fields, and how many more there are', () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`n${at}${'x'.repeat(at % 7 === 0 ? 600 : 0)}`, 0])));
    const { details, message } = refusal(text);
    expect(details.errors).toHaveLength(20);
    expect(message).toContain('880 more');
    expect(JSON.stringify({ details, message }).length).toBeLessThan(20_000);
  });

  test.each([
    ['nested more than 32 deep', `{"datasets":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['of more than 1,000 fields', JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`n${at}`, 0])))],
    ['of more than 10,000 values', `{"datasets":[${'1,'.repeat(10_000)}1]}`],
  ])('%s is refused', (_, text) => expect(refusal(text).code).toBe('BODY_INVALID'));

  test.each<[string, string]>([
    ['{"dataset":["productos"]}', 'dataset'],
    ['{"host":"evil.example.org"}', 'host'],
    ['{"datasets":"productos"}', 'datasets'],
    ['{"datasets":[]}', 'datasets'],
    ['{"datasets":[1]}', 'datasets.0'],
    ['{"datasets":["productos","../../etc/passwd"]}', 'datasets.1'],
    ['{"datasets":null}', 'datasets'],
    ['[]', ''],
    ['null', ''],
    ['"productos"', ''],
  ])('%s is refused with the field', (text, field) => {
    const { code, details, message } = refusal(text);
    expect(code).toBe('BODY_INVALID');
    expect(details.errors).toEqual([{ field, message: expect.stringMatching(/./) }]);
    expect(message).toContain(field);
  });

  test.each(['{"__proto__":{"datasets":["x"]}}', '{"datasets":["a"],"__proto__":null}'])('%s does not vanish without a word', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'BODY_INVALID', details: { errors: [{ field: '__proto__' }] } });
  });

  test.each([`${'['.repeat(20_000)}${']'.repeat(20_000)}`, '{"a":'.repeat(20_000), `[${'0,'.repeat(500_000)}0]`])(
    'nested or long beyond all bounds %#',
    (text) => {
      expect(refusal(text)).toMatchObject({ code: 'BODY_INVALID', message: expect.stringMatching(/nested more|more than \d+ values/) });
    },
  );

  test('lists every field that is wrong', () => {
    const { details } = refusal('{"datasets":["a b"],"host":"x","port":1}');
    expect((details.errors as { field: string }[]).map(({ field }) => field)).toEqual(['datasets.0', 'host', 'port']);
  });

  test.each(['{', 'datasets=productos', '{"datasets":["productos"]'])('%j is no JSON, and the answer shows what to send', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'BODY_INVALID', message: expect.stringContaining('{"datasets": ["…"]}') });
  });
});
