import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { COMPRESSIONS } from '@esclusa/contract';
import fc from 'fast-check';
import { Compressor } from './compressor.ts';

const UNPACK = { gzip: gunzipSync, zstd: zstdDecompressSync } as const;

/** Keeps what is written to it. */
function collector(): { readonly write: (chunk: Uint8Array) => Promise<void>; readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  return { write: async (chunk) => void chunks.push(Buffer.from(chunk)), bytes: () => Buffer.concat(chunks) };
}

describe.each(COMPRESSIONS)('a compressor by %s', (compression) => {
  test('gives one frame that unpacks to what was written, however it came, from a buffer that is used again', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(700_000)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (lengths, random) => {
        const sink = collector();
        const compressor = new Compressor(compression, sink);
        const buffer = Buffer.alloc(700_000);
        const written: Buffer[] = [];
        for (const length of lengths) {
          const chunk = buffer.subarray(0, length);
          if (random) randomBytes(length).copy(chunk);
          else chunk.fill(`${length},una línea\n`);
          written.push(Buffer.from(chunk));
          await compressor.write(chunk);
          buffer.fill(0);
        }
        await compressor.finish();
        const all = Buffer.concat(written);
        expect(compressor.bytes).toBe(all.length);
        expect(UNPACK[compression](sink.bytes()).equals(all)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('takes no more than its two blocks while nobody takes the output', async () => {
    const hold = Promise.withResolvers<void>();
    const sink = collector();
    const compressor = new Compressor(compression, { write: (chunk) => hold.promise.then(() => sink.write(chunk)) });
    // Random bytes do not become fewer.
    const chunk = randomBytes(128 * 1024);
    const writing = (async () => {
      for (let n = 0; n < 64; n++) await compressor.write(chunk);
      await compressor.finish();
    })();
    let before = -1;
    while (compressor.bytes !== before) {
      before = compressor.bytes;
      await sleep(100);
    }
    expect(compressor.bytes).toBeLessThanOrEqual(8 * chunk.length);
    hold.resolve();
    await writing;
    expect(UNPACK[compression](sink.bytes())).toHaveLength(64 * chunk.length);
  });

  test.each([0, 1, 5])('rejects with the cause when the output fails at its write %i', async (nth) => {
    const cause = new Error('S3 is away');
    let writes = 0;
    const compressor = new Compressor(compression, {
      write: async () => {
        if (writes++ === nth) throw cause;
      },
    });
    const chunk = randomBytes(100_000);
    const writing = (async () => {
      for (let n = 0; n < 100; n++) await compressor.write(chunk);
    })();
    await expect(writing).rejects.toBe(cause);
    await expect(compressor.finish()).rejects.toBe(cause);
    compressor.destroy();
    expect(writes).toBe(nth + 1);
  });

  test('that is let go hands nothing more on, and finishes no frame', async () => {
    const sink = collector();
    const compressor = new Compressor(compression, sink);
    await compressor.write(randomBytes(1_000_000));
    compressor.destroy();
    const { length } = sink.bytes();
    await expect(compressor.finish()).rejects.toThrow();
    expect(sink.bytes().length).toBe(length);
    expect(() => UNPACK[compression](sink.bytes())).toThrow();
  });
});
