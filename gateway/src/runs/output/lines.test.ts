import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from './lines.ts';

const MAX = 256 * 1024;

/** The lines that come out of chunks. */
function linesOf(...chunks: (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as Uint8Array));
  splitter.end();
  return lines;
}

describe('a byte stream becomes lines', () => {
  test.each<[string, string[], string[]]>([
    ['at line ends, wherever chunks end', ['a\nb', 'c\n', '\nd\n'], ['a', 'bc', '', 'd']],
    ['with CRLF too, also when it comes in two chunks', ['a\r\nb\r', '\nc'], ['a', 'b', 'c']],
    ['while a carriage return within one stays', ['10%\r20%\n'], ['10%\r20%']],
    ['with a last one that has no line end', ['a\nb'], ['a', 'b']],
    ['and none when there is nothing', ['', ''], []],
  ])('%s', (_, chunks, lines) => {
    expect(linesOf(...chunks)).toEqual(lines);
  });

  test('whose characters are whole when their bytes come one by one', () => {
    const text = 'ñandú 💊 薬\n';
    expect(linesOf(...Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)))).toEqual([text.trimEnd()]);
  });

  test('with a mark for bytes that are no UTF-8, and for a character cut off at the end', () => {
    expect(linesOf(Uint8Array.of(0x61, 0xff, 0x62, 0x0a), Uint8Array.of(0x63, 0xf0, 0x9f))).toEqual(['a\ufffdb', 'c\ufffd']);
  });

  test('that are the same however it is cut into chunks', () => {
    const bytes = fc
      .array(fc.oneof(fc.constantFrom('\n', '\r\n', '\r', 'ñ', '💊', 'x'.repeat(50)), fc.string({ unit: 'grapheme' })), { maxLength: 30 })
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 400 }), { maxLength: 20 }), (whole, cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        expect(linesOf(...chunks)).toEqual(linesOf(whole));
      }),
    );
  });
});

describe('a line without end', () => {
  test('is cut at a bound, and the next one is whole again', () => {
    for (const chunks of [
      ['x'.repeat(MAX + 10), '\nnext\n'],
      Array<string>(70).fill('x'.repeat(4096)).concat('\nnext\n'),
      [`${'x'.repeat(MAX + 1)}\nnext\n`],
    ]) {
      expect(linesOf(...chunks)).toEqual(['x'.repeat(MAX), 'next']);
    }
  });

  test('of exactly the bound is whole', () => {
    expect(linesOf('x'.repeat(MAX), '\ny')).toEqual(['x'.repeat(MAX), 'y']);
    expect(linesOf(`${'x'.repeat(MAX)}\ny`)).toEqual(['x'.repeat(MAX), 'y']);
  });
});
