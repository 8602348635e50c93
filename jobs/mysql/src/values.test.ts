import { describe, expect, test } from '@jest/globals';
import { CsvWriter } from '@esclusa/kit';
import type { Kind } from './kinds.ts';
import { encoded } from './testing/packets.ts';
import { flagsOf, shortestFloat, valueText, writeRow } from './values.ts';

/** The CSV of one row, whose packet lies in the middle of a larger buffer. */
function csv(values: readonly (string | Buffer | null)[], kinds: readonly Kind[]): string {
  const writer = new CsvWriter();
  const fields = values.map((value) => encoded(typeof value === 'string' ? Buffer.from(value) : value));
  writeRow(writer, kinds, Buffer.concat([Buffer.from('head'), ...fields, Buffer.from('tail')]), 4);
  return writer.take().toString();
}

describe('a row packet', () => {
  test.each<[string, (string | Buffer | null)[], Kind[], string]>([
    ['text', ['a', 'b,c', 'dice "no"', 'ñ😀'], ['text', 'text', 'text', 'text'], 'a,"b,c","dice ""no""",ñ😀\n'],
    ['NULL and the empty string', [null, '', null], ['text', 'text', 'plain'], ',"",\n'],
    ['a lone NULL', [null], ['text'], '\n'],
    [
      'numbers and dates',
      ['18446744073709551615', '-838:59:59.999999', '0000-00-00'],
      ['plain', 'plain', 'plain'],
      '18446744073709551615,-838:59:59.999999,0000-00-00\n',
    ],
    ['bytes as base64, none of them as the empty string', [Buffer.from([0, 255, 10]), ''], ['binary', 'binary'], 'AP8K,""\n'],
    ['bits as an unsigned number', [Buffer.from([1]), Buffer.alloc(8, 0xff), Buffer.from([1, 0])], ['bits', 'bits', 'bits'], '1,18446744073709551615,256\n'],
    [
      'floats that came as doubles',
      ['0.10000000149011612', '16777216', '-3.4028234663852886e38', '-0', '0'],
      ['float', 'float', 'float', 'float', 'float'],
      '0.1,16777216,-3.4028235e+38,-0,0\n',
    ],
  ])('%s', (_, values, kinds, expected) => {
    expect(csv(values, kinds)).toBe(expected);
  });

  test.each([250, 251, 65_535, 65_536, 16_777_215, 16_777_216])('a value of %i bytes, and the one behind it', (length) => {
    const text = csv(['x'.repeat(length), 'end'], ['text', 'text']);
    expect(text.length).toBe(length + 5);
    expect(text.endsWith('x,end\n')).toBe(true);
  });
});

describe('shortestFloat', () => {
  test('reads back to the same FLOAT, whatever its bits', () => {
    const float = new Float32Array(1);
    const bits = new Uint32Array(float.buffer);
    for (let n = 0; n < 100_000; n++) {
      // Knuth's multiplicative hash walks over all sizes and signs.
      bits[0] = Math.imul(n, 2_654_435_761);
      const value = float[0] ?? 0;
      if (!Number.isFinite(value)) continue;
      const short = shortestFloat(String(value));
      expect(Math.fround(Number(short))).toBe(value);
      expect(
        short
          .replace(/^-|e.*$|\./g, '')
          .replace(/^0+/, '')
          .replace(/0+$/, '').length,
      ).toBeLessThanOrEqual(9);
    }
  });
});

describe('values behind those of a row', () => {
  test('tell which of them are 1', () => {
    const packet = Buffer.concat(['a', '1', '0', null, '1'].map((value) => encoded(value === null ? null : Buffer.from(value))));
    const rest = writeRow(new CsvWriter(), ['text'], packet, 0);
    expect(rest).toBe(2);
    expect(flagsOf(packet, rest, 4)).toEqual([true, false, false, true]);
  });
});

test.each<[Kind, Buffer, string]>([
  ['plain', Buffer.from('-1.5'), '-1.5'],
  ['text', Buffer.from('ñ,"'), 'ñ,"'],
  ['binary', Buffer.from([0, 255]), 'AP8='],
  ['bits', Buffer.from([1, 0]), '256'],
  ['float', Buffer.from('0.10000000149011612'), '0.1'],
])('a value of kind %s as text', (kind, bytes, text) => {
  expect(valueText(kind, bytes, 0, bytes.length)).toBe(text);
});
