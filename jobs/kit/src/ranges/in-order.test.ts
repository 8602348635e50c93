import { setImmediate as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RangeReader, readInOrder } from './in-order.ts';
import { inRing } from './in-ring.ts';

/** A range of a test: its chunks' lengths, and after which of them its reader waits. */
interface Part {
  readonly chunks: readonly number[];
  readonly waits: number;
}

const part = fc.record({ chunks: fc.array(fc.nat({ max: 40 }), { maxLength: 5 }), waits: fc.nat({ max: 4 }) });
const parts = fc.array(part, { maxLength: 12 });

function bytesOf(range: number, { chunks }: Part): Uint8Array[] {
  return chunks.map((length, chunk) => Uint8Array.from({ length }, (_, at) => range * 31 + chunk * 7 + at));
}

async function* read(range: number, of: Part): AsyncGenerator<Uint8Array> {
  for (const bytes of bytesOf(range, of)) {
    for (let wait = 0; wait < of.waits; wait++) await pause();
    const lent = Uint8Array.from(bytes);
    yield lent;
    // A chunk is valid until the next is asked for.
    lent.fill(0);
  }
}

function rangesOf(all: readonly Part[]) {
  let next = 0;
  const ended = new Map<number, number>();
  return { ended: (range: number, bytes: number) => void ended.set(range, bytes), next: () => (next < all.length ? next++ : undefined), lengths: ended };
}

async function gathered(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const readersOf = (all: readonly Part[], count: number, room: number): RangeReader<number>[] =>
  Array.from({ length: count }, () => inRing((range) => read(range, all[range] ?? { chunks: [], waits: 0 }), room));

describe('reading ranges by several readers', () => {
  test('hands on what one reader would, however fast each is, and however little room there is', async () => {
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 100 }), async (all, readers, room) => {
        const ranges = rangesOf(all);
        const found = await gathered(readInOrder(readersOf(all, readers, room), ranges));
        expect(found).toEqual(Buffer.concat(all.flatMap((of, range) => bytesOf(range, of))));
        expect([...ranges.lengths].toSorted(([a], [b]) => a - b)).toEqual(all.map(({ chunks }, range) => [range, chunks.reduce((sum, n) => sum + n, 0)]));
      }),
    );
  });

  test('fails with the first cause when one reader does, and ends the others', async () => {
    const ended: number[] = [];
    const reader: RangeReader<number> = async function* (range) {
      try {
        for (let chunk = 0; ; chunk++) {
          await pause();
          if (range === 2 && chunk === 3) throw new Error('the third range broke');
          yield { bytes: Uint8Array.of(range), free: () => undefined };
        }
      } finally {
        ended.push(range);
      }
    };
    let next = 0;
    const ranges = { next: () => next++, ended: () => undefined };
    await expect(gathered(readInOrder([reader, reader, reader], ranges))).rejects.toThrow('the third range broke');
    expect(new Set(ended)).toEqual(new Set([0, 1, 2]));
  });

  test('fails when the next range can not be told', async () => {
    const ranges = { next: () => Promise.reject(new Error('the source is gone')), ended: () => undefined };
    await expect(gathered(readInOrder(readersOf([], 2, 16), ranges))).rejects.toThrow('the source is gone');
  });

  test('ends its readers when nobody reads on, those too that wait for room', async () => {
    const all = Array.from({ length: 9 }, () => ({ chunks: [30, 30, 30], waits: 1 }));
    const ranges = rangesOf(all);
    for await (const piece of readInOrder(readersOf(all, 3, 16), ranges)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(ranges.next()).toBe(3);
  });
});
