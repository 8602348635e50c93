import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvRecord } from './rules.ts';
import { dialects } from './testing/dialects.ts';
import { CsvWriter } from './writer.ts';

const nasty = fc.oneof(
  fc.constantFrom<(string | null)[]>(null, '', '"', '""', '\\.', '\n', '\r', ',', '\\', '.', ' ', 'a"', '"a', 'ñ"😀', 'NULL', '\u0000'),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'é', '😀'), maxLength: 300 }),
);

/** The record's bytes, with every field somewhere in a larger buffer as on the wire. */
function write(writer: CsvWriter, values: readonly (string | null)[]): void {
  for (const value of values) {
    if (value === null) writer.null();
    else {
      const bytes = Buffer.from(`"\n,${value}"\n,`, 'utf8');
      writer.bytes(bytes, 3, bytes.length - 3);
    }
  }
  writer.endRecord();
}

describe('CsvWriter', () => {
  test('writes byte by byte what csvRecord writes', () => {
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 1, maxLength: 8 }), { maxLength: 8 }), dialects, (records, dialect) => {
        const writer = new CsvWriter(dialect);
        for (const record of records) write(writer, record);
        // Lone surrogates are no UTF-8 and become U+FFFD in both.
        expect(writer.take().toString('utf8')).toBe(Buffer.from(records.map((record) => csvRecord(record, dialect)).join(''), 'utf8').toString('utf8'));
      }),
      { numRuns: 2_000 },
    );
  });

  test('bytes that ought to be UTF-8 are written as others are, and not at all where they are not', () => {
    const part = fc.oneof(
      nasty.map((text) => Buffer.from(text ?? '', 'utf8')),
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(part, { maxLength: 3 }), { minLength: 1, maxLength: 8 }), dialects, (fields, dialect) => {
        const [one, other] = [new CsvWriter(dialect), new CsvWriter(dialect)];
        for (const pieces of fields) {
          const bytes = Buffer.concat(['"\n', ...pieces.map((piece) => piece.toString('latin1')), '"\n'].map((piece) => Buffer.from(piece, 'latin1')));
          const good = isUtf8(bytes);
          expect(one.utf8(bytes, 2, bytes.length - 2)).toBe(good);
          if (good) other.bytes(bytes, 2, bytes.length - 2);
        }
        [one, other].forEach((writer) => writer.endRecord());
        expect(one.take().equals(other.take())).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a field that was begun and not ended is none', () => {
    const writer = new CsvWriter();
    for (const text of ['a', undefined, 'b', 'c'.repeat(200_000), undefined]) {
      const at = writer.begin(text?.length ?? 10);
      writer.out.write('none', at, 'latin1');
      if (text !== undefined) writer.end(at + writer.out.write(text, at, 'latin1'));
    }
    writer.endRecord();
    expect(writer.take().toString()).toBe(`a,b,${'c'.repeat(200_000)}\n`);
  });

  test('plain and ascii fields come as they are', () => {
    const writer = new CsvWriter();
    const digits = Buffer.from('x12345x');
    writer.plain(digits, 1, 6);
    writer.ascii('2025-01-02');
    writer.text('a,b');
    writer.endRecord();
    expect(writer.take().toString()).toBe('12345,2025-01-02,"a,b"\n');
  });

  test('is full after some 64 KiB, grows for a larger value, and uses given chunks again', () => {
    const writer = new CsvWriter();
    const line = Buffer.alloc(1_000, 'x');
    let records = 0;
    for (; !writer.full; records++) {
      writer.bytes(line, 0, line.length);
      writer.endRecord();
    }
    expect(records).toBe(66);
    const chunk = writer.take();
    expect(writer.length).toBe(0);
    writer.give(chunk);
    const huge = Buffer.alloc(3 * 1024 * 1024, '"');
    writer.bytes(huge, 0, huge.length);
    writer.endRecord();
    const large = writer.take();
    expect(large.length).toBe(2 * huge.length + 3);
    expect(large.every((byte, index) => byte === (index === large.length - 1 ? 0x0a : 0x22))).toBe(true);
    writer.give(large);
    write(writer, ['again']);
    expect(writer.take().buffer).toBe(chunk.buffer);
  });
});
