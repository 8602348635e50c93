import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CopyDecoder } from './copy-decoder.ts';

/** A message of the protocol, as https://www.postgresql.org/docs/current/protocol-message-formats.html has them. */
function message(type: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** All that the server sends of a COPY, up to its end. */
const command = (text: string): Buffer => Buffer.concat([message('H', Buffer.alloc(3)), message('d', Buffer.from(text)), message('c', Buffer.alloc(0))]);

const content = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 1000, maxLength: 1100 }));
// Data, and what may come in between and is none.
const passing = fc.tuple(fc.constantFrom('d', 'd', 'd', 'H', 'N', 'S', 'A'), content);
const cuts = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });

describe('the decoder of COPY', () => {
  test('gives the data of the messages, wherever they are cut, and stops before one that is not for it', () => {
    fc.assert(
      fc.property(
        fc.array(passing, { maxLength: 8 }),
        cuts,
        fc.constantFrom('c', 'E', 'C', 'Z'),
        fc.uint8Array({ maxLength: 9 }),
        (before, lengths, end, rest) => {
          const ours = Buffer.concat(before.map(([type, bytes]) => message(type, bytes)));
          const bytes = Buffer.concat([ours, message(end, rest)]);
          const decoder = new CopyDecoder();
          const found: Buffer[] = [];
          let read = 0;
          for (let n = 0; read < bytes.length; n++) {
            const piece = bytes.subarray(read, read + (lengths[n % lengths.length] ?? 1));
            const { data, consumed } = decoder.take(piece);
            found.push(Buffer.from(data));
            read += consumed;
            if (consumed < piece.length) break;
          }
          expect(Buffer.concat(found)).toEqual(Buffer.concat(before.flatMap(([type, bytes]) => (type === 'd' ? [bytes] : []))));
          expect(read).toBe(ours.length);
        },
      ),
    );
  });

  test('takes the next command after the first', () => {
    const decoder = new CopyDecoder();
    for (const text of ['one\n', 'x'.repeat(40_000), '']) expect(Buffer.from(decoder.take(command(text)).data).toString()).toBe(text);
  });
});
