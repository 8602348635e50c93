import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_MESSAGE_BYTES, MessageBound } from './message-bound.ts';

function head(length: number): Buffer {
  const bytes = Buffer.from('E\0\0\0\0');
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** Returns for each piece true if it keeps to the bound. */
function keeps(bytes: Buffer, cuts: readonly number[]): boolean[] {
  const bound = new MessageBound();
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.map((to, n) => bound.keeps(bytes.subarray(places[n - 1] ?? 0, to)));
}

test('messages of any size up to the bound pass, in pieces of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300)), fc.array(fc.nat()), (sizes, cuts) => {
      const bytes = Buffer.concat(sizes.flatMap((size) => [head(size + 4), Buffer.alloc(size, 0xff)]));
      expect(keeps(bytes, cuts)).not.toContain(false);
      // A length above the bound, or below its own 4 bytes, fails once the head is whole.
      for (const length of [MAX_MESSAGE_BYTES + 5, 0xffff_ffff, 3, 0]) expect(keeps(Buffer.concat([bytes, head(length)]), cuts)).toContain(false);
    }),
  );
});
