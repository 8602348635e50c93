import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TextPieces, jsonText, visible } from './visible.ts';

const HARMFUL = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`);

describe('text that may be shown in a terminal', () => {
  test.each([
    ['\u001b[2J\u001b]0;title\u0007', String.raw`\u001b[2J\u001b]0;title\u0007`],
    ['\u009b31m', String.raw`\u009b31m`],
    ['100 %\r200 %', String.raw`100 %\u000d200 %`],
    ['a\tb\n', 'a\tb\n'],
    ['\u007f\u0000', String.raw`\u007f\u0000`],
    ['\u202egnp.exe\u2069', String.raw`\u202egnp.exe\u2069`],
    ['médicos, 日本, 👩‍⚕️', 'médicos, 日本, 👩‍⚕️'],
  ])('%j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('has no character that does harm, whatever it was', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !HARMFUL.test(visible(text))));
  });

  test('is the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = jsonText(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(HARMFUL);
      }),
    );
  });

  test('may be cut anywhere, also within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat()), (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
        const pieces = new TextPieces();
        const shown = places.slice(1).map((end, index) => visible(pieces.next(bytes.subarray(places[index], end))));
        expect([...shown, visible(pieces.rest())].join('')).toBe(visible(bytes.toString()));
      }),
    );
  });
});
