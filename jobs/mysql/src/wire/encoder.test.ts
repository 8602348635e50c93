import { describe, expect, test } from '@jest/globals';
import { CsvWriter } from '@esclusa/kit';
import fc from 'fast-check';
import type { Kind } from '../kinds.ts';
import { type Encoded, encode } from '../testing/encode.ts';
import { packets, rowPayload } from '../testing/packets.ts';
import { writeRow } from '../values.ts';
import { RowEncoder } from './encoder.ts';

type Values = readonly (Buffer | null)[];

const bytes = (most: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength: most }).map((array) => Buffer.from(array));
const text = fc.oneof(
  fc.constantFrom('', '"', '""', '\n', '\r', ',', '\\.', '\\.a', 'a"', 'a,b', 'ñ😀', '\u0000', '2=}"M').map((value) => Buffer.from(value)),
  fc.string({ unit: 'binary', maxLength: 40 }).map((value) => Buffer.from(value)),
  // Causes of quotes at any place of vectors.
  fc.array(fc.constantFrom('a', 'b', 'c', '"', ',', '\r', '\n', '*', '-', '<', 'L'), { maxLength: 70 }).map((letters) => Buffer.from(letters.join(''))),
  bytes(300),
);
const VALUES: Readonly<Record<Kind, fc.Arbitrary<Buffer>>> = {
  plain: fc.oneof(fc.bigInt().map(String), fc.constantFrom('0000-00-00', '-838:59:59.999999', '9'.repeat(65))).map((value) => Buffer.from(value)),
  text,
  binary: bytes(60),
  bits: bytes(8),
  float: fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }).map(String), fc.constantFrom('-0', '1e20', '-1e20')).map((value) => Buffer.from(value)),
};
const table = fc
  .array(fc.constantFrom(...(Object.keys(VALUES) as Kind[])), { minLength: 1, maxLength: 6 })
  .chain((kinds) =>
    fc.record({ kinds: fc.constant(kinds), rows: fc.array(fc.tuple(...kinds.map((kind) => fc.option(VALUES[kind], { freq: 4 }))), { maxLength: 20 }) }),
  );
const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 });

/** What writeRow makes of rows. */
function slowly(kinds: readonly Kind[], payloads: readonly Buffer[]): Buffer {
  const writer = new CsvWriter();
  for (const payload of payloads) writeRow(writer, kinds, payload, 0);
  return writer.take();
}

/** Bytes in pieces of these lengths, again and again. */
function* cut(wire: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < wire.length; n++) {
    const piece = wire.subarray(at, at + (lengths[n % lengths.length] ?? 1));
    at += piece.length;
    yield piece;
  }
}

function quickly(encoder: RowEncoder, wire: Buffer, lengths: readonly number[]): Encoded {
  return encode(encoder, cut(wire, lengths));
}

function encoderOf(kinds: readonly Kind[]): RowEncoder {
  const encoder = new RowEncoder();
  encoder.begin(kinds);
  return encoder;
}

const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);

describe('RowEncoder', () => {
  test('writes what writeRow writes, byte for byte, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(table, cuts, ({ kinds, rows }, lengths) => {
        const encoder = encoderOf(kinds);
        const payloads = rows.map(rowPayload);
        const { csv, left, stopped } = quickly(encoder, packets([...payloads, EOF]), lengths);
        expect(csv.toString('latin1')).toBe(slowly(kinds, payloads).toString('latin1'));
        expect(encoder.rows).toBe(rows.length);
        expect([stopped, left]).toEqual(['other', packets([EOF], rows.length)]);
      }),
      { numRuns: 400 },
    );
  });

  test('fills chunk after chunk', () => {
    const kinds: Kind[] = ['plain', 'text', 'binary'];
    const values = Array.from({ length: 20_000 }, (_, n): Values => [Buffer.from(String(n)), Buffer.from(`"${n}",`.repeat(n % 20)), Buffer.alloc(n % 50, n)]);
    const rows = values.map(rowPayload);
    const { csv } = quickly(encoderOf(kinds), packets(rows), [65_536, 1, 16_384, 200_000]);
    expect(csv.equals(slowly(kinds, rows))).toBe(true);
  });

  test.each<[string, Kind, number, Buffer]>([
    ['quotes', 'text', 1, rowPayload([Buffer.alloc(4_194_000, '"')])],
    // The length of each, which is 0.
    ['empty texts', 'text', 4_194_000, Buffer.alloc(4_194_000)],
    ['bytes', 'binary', 1, rowPayload([Buffer.alloc(4_194_000, 7)])],
  ])('has room for rows of nothing but %s', (_, kind, columns, row) => {
    const kinds = Array.from({ length: columns }, () => kind);
    const { csv } = quickly(encoderOf(kinds), packets([row, row, row]), [65_536]);
    const one = slowly(kinds, [row]);
    expect(csv.equals(Buffer.concat([one, one, one]))).toBe(true);
  });

  const FLOATS = 600_000;
  test.each<[string, Kind[], Buffer]>([
    ['an end', ['text'], EOF],
    ['an error', ['text'], Buffer.from([0xff, 1, 2, 35])],
    ['a row of more than 4 MiB', ['text'], rowPayload([Buffer.alloc(4 * 1024 * 1024 - 7, 'x')])],
    ['nothing', ['text'], Buffer.alloc(0)],
    ['fewer values than columns', ['text', 'text'], rowPayload([Buffer.from('a')])],
    ['a value that ends behind its packet', ['text'], Buffer.from([5, 0x61])],
    ['a length of more than three bytes', ['text'], Buffer.from([0xfe, 1, 0, 0, 0, 0, 0, 0, 0, 0x61])],
    ['more bits than a number has', ['bits'], rowPayload([Buffer.alloc(9)])],
    ['floats for which there is no room', Array.from({ length: FLOATS }, () => 'float' as const), Buffer.from('\u00041e20'.repeat(FLOATS))],
  ])('leaves %s alone, and writes what stands before it', (_, kinds, payload) => {
    const row = rowPayload(kinds.map(() => Buffer.from('1')));
    const { csv, left, stopped } = quickly(encoderOf(kinds), packets([row, payload]), [65_536]);
    expect(csv.equals(slowly(kinds, [row]))).toBe(true);
    expect(stopped).toBe('other');
    expect(left.equals(packets([payload], 1))).toBe(true);
  });
});
