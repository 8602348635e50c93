import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Compression, MAX_FILES } from '@esclusa/contract';
import { DatasetFiles, type FileObject } from './dataset-files.ts';

const UNPACK = { none: (bytes: Buffer) => bytes, gzip: gunzipSync, zstd: zstdDecompressSync };

/** Files in memory, each of which may be opened only when the one before has ended. */
class Opened {
  readonly contents: Buffer[] = [];
  #open = 0;

  readonly open = async (number: number): Promise<FileObject> => {
    expect(number).toBe(this.contents.length + 1);
    expect(this.#open++).toBe(0);
    const chunks: Buffer[] = [];
    this.contents.push(Buffer.alloc(0));
    const file = {
      key: `d.part-${number}`,
      bytes: 0,
      write: async (chunk: Uint8Array) => {
        chunks.push(Buffer.from(chunk));
        file.bytes += chunk.length;
      },
      finish: async () => {
        this.#open--;
        this.contents[number - 1] = Buffer.concat(chunks);
        return sha256(Buffer.concat(chunks));
      },
    };
    return file;
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(['none', 'gzip', 'zstd'] as const)('files of a dataset, %s', (packed) => {
  const compression: Compression | undefined = packed === 'none' ? undefined : packed;

  test('are told each by itself, and unpack each by itself', async () => {
    const opened = new Opened();
    const files = await DatasetFiles.begin({ dataset: 'd', open: opened.open, compression, splitBytes: 1_000_000 });
    const given = [700_000, 10, 900_000].map((length) => randomBytes(length));
    for (const [n, bytes] of given.entries()) {
      if (n > 0) await files.next(n * 5);
      for (let at = 0; at < bytes.length; at += 70_000) await files.write(bytes.subarray(at, at + 70_000));
    }
    const written = await files.finish(11);
    expect(opened.contents.map((bytes) => UNPACK[packed](bytes).equals(given[opened.contents.indexOf(bytes)] ?? Buffer.alloc(0)))).toEqual([true, true, true]);
    expect(written).toEqual(
      [5, 5, 1].map((rows, n) => {
        const bytes = opened.contents[n] ?? Buffer.alloc(0);
        const uncompressedBytes = packed === 'none' ? undefined : given[n]?.length;
        return { key: `d.part-${n + 1}`, rows, bytes: bytes.length, uncompressedBytes, sha256: sha256(bytes) };
      }),
    );
    expect(files.bytes).toBe(opened.contents.reduce((sum, { length }) => sum + length, 0));
  });

  test('have room for what they are to hold, and no file begins after the last one that there may be', async () => {
    const files = await DatasetFiles.begin({ dataset: 'd', open: new Opened().open, compression, splitBytes: 100 });
    expect(files.room).toBe(100);
    if (packed === 'none') {
      await files.write(Buffer.alloc(130));
      expect([files.room, files.bytes]).toEqual([-30, 130]);
      for (let number = 2; number <= MAX_FILES; number++) await files.next(number);
      expect([files.room, files.bytes]).toEqual([100, 130]);
      await expect(files.next(MAX_FILES + 1)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        message: expect.stringMatching(/"d" .* 9999 files.*"splitMiB"/),
      });
    }
    files.destroy();
  });
});
