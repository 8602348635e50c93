import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { csvRecord } from '@esclusa/kit';
import fc from 'fast-check';
import { RowEncoder, type Stopped } from './row-encoder.ts';
import { encoded } from './testing/encoded.ts';
import { dataRow, message } from './testing/messages.ts';

const WHOLE_BYTES = 4 * 1024 * 1024;

type Row = readonly (string | null)[];

/** Bytes in pieces of these lengths, over and over. */
function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const piece = bytes.subarray(at, at + (lengths[n % lengths.length] ?? 1));
    at += piece.length;
    yield piece;
  }
}

const letters = fc.constantFrom('a', 'b', 'ñ', '"', ',', '\n', '\r', '\\', '.', '1', ' ', ';');
const short = fc.string({ unit: letters, maxLength: 40 });
// Around the lengths of vectors, pieces and short rows.
const long = fc
  .tuple(fc.constantFrom(15, 16, 17, 4_000, 16_000, 16_368, 16_384, 70_000, 140_000), fc.constantFrom('x', '"', 'x,'), short)
  .map(([length, unit, end]) => unit.repeat(length) + end);
const value = fc.oneof({ weight: 12, arbitrary: fc.oneof(fc.constant(null), fc.constant('\\.'), short) }, { weight: 1, arbitrary: long });
const table = fc
  .integer({ min: 1, max: 6 })
  .chain((columns) => fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 }));
const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(8_192, 65_536, 131_072)), { minLength: 1, maxLength: 5 });
const passing = fc.tuple(fc.constantFrom('1', '2', 'N', 'S', 'A'), fc.uint8Array({ maxLength: 60 })).map(([type, bytes]) => message(type, bytes));

const messagesOf = (rows: readonly Row[]): Buffer => Buffer.concat(rows.map(dataRow));
const csvOf = (rows: readonly Row[]): Buffer => Buffer.from(rows.map((row) => csvRecord(row)).join(''));

describe('the encoder of rows', () => {
  const encoder = new RowEncoder();

  test('writes what csvRecord does, wherever the bytes are cut, and stops before what is not for it', () => {
    fc.assert(
      fc.property(
        table,
        fc.array(passing, { maxLength: 3 }),
        cuts,
        fc.constantFrom('C', 'E', 'Z'),
        fc.uint8Array({ maxLength: 9 }),
        (rows, before, lengths, type, content) => {
          const end = message(type, content);
          const counted = encoder.rows;
          const bytes = Buffer.concat([...before, messagesOf(rows), ...before, end]);
          const found = encoded(encoder, rows[0]?.length ?? 0, cut(bytes, lengths));
          expect(found.csv.equals(csvOf(rows))).toBe(true);
          expect(found.why).toBe('other');
          expect(found.rest.equals(end)).toBe(true);
          expect(encoder.rows - counted).toBe(rows.length);
        },
      ),
    );
  });

  test('quotes a value of more than 4 MiB without having seen its end, and no other for its length', () => {
    const rows: Row[] = [
      ['a', 'x'.repeat(WHOLE_BYTES), null],
      ['b', 'x'.repeat(WHOLE_BYTES + 1), ''],
      ['c', `"${'y,'.repeat(WHOLE_BYTES / 2)}"`, '1'],
    ];
    const { csv } = encoded(encoder, 3, cut(messagesOf(rows), [65_536]));
    const [a = [], b = [], c = []] = rows;
    expect(csv.equals(Buffer.from(`${csvRecord(a)}b,"${b[1]}",""\n${csvRecord(c)}`))).toBe(true);
  });

  test('waits when all chunks are out, and goes on when one is given back', () => {
    const waiting = new RowEncoder();
    waiting.begin(['text', 'text']);
    const rows: Row[] = Array.from({ length: 9 }, (_, n) => [String(n), 'z'.repeat(60_000)]);
    const bytes = messagesOf(rows);
    const out: { bytes: Uint8Array; free: () => void }[] = [];
    const found: Buffer[] = [];
    let room = 0;
    waiting.onRoom = () => room++;
    let why: Stopped = 'starved';
    for (let times = 0; times < 20; times++) {
      for (let read = 0; read < bytes.length; read += 65_536) {
        const piece = bytes.subarray(read, read + 65_536);
        waiting.input.set(piece);
        waiting.received(piece.length);
        for (why = waiting.encode((chunk) => out.push(chunk)); why === 'full'; why = waiting.encode((chunk) => out.push(chunk))) {
          const first = out.shift();
          if (first === undefined) throw new Error('nothing is out, and nothing is free');
          found.push(Buffer.from(first.bytes));
          first.free();
        }
      }
    }
    const last = waiting.take();
    if (last !== undefined) out.push(last);
    for (const chunk of out) found.push(Buffer.from(chunk.bytes));
    expect(Buffer.concat(found).equals(Buffer.concat(Array.from({ length: 20 }, () => csvOf(rows))))).toBe(true);
    expect(room).toBeGreaterThan(0);
  });

  test.each([
    ['of another number of columns', dataRow(['1', '2'])],
    ['with a value longer than itself', message('D', Buffer.from([0, 3, 0, 0, 0, 9, 0x61, 0, 0, 0, 0, 0, 0, 0, 0]))],
    ['with a length below zero', message('D', Buffer.from([0, 3, 255, 255, 255, 254, 0, 0, 0, 0, 0, 0, 0, 0]))],
    ['with bytes behind its values', message('D', Buffer.concat([dataRow(['1', '2', '3']).subarray(5), Buffer.from('?')]))],
    ['that is long and of another number of columns', dataRow(['x'.repeat(20_000)])],
    ['that is long, with bytes behind its values', message('D', Buffer.concat([dataRow(['x'.repeat(20_000), '2', '3']).subarray(5), Buffer.from('?')]))],
    ['shorter than its own length', Buffer.from([0x44, 0, 0, 0, 3, 0, 3, 0])],
  ])('refuses a row %s', (_, bytes) => {
    expect(encoded(new RowEncoder(), 3, [Buffer.concat([dataRow(['a', null, '']), bytes, dataRow(['a', null, ''])])]).why).toBe('broken');
  });
});
