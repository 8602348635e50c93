import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** What is in a file, by the ending of its key. */
export function unpacked(key: string, bytes: Buffer): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(bytes);
  return key.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
}
