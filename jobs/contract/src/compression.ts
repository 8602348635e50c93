/** What a dataset may ask its file to be compressed by (`compression`): a word of the contract, since its key ends by it. */
export const COMPRESSIONS = ['gzip', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** How the name of a compressed file ends, behind `.csv`. */
export const COMPRESSION_ENDING: Readonly<Record<Compression, string>> = { gzip: '.gz', zstd: '.zst' };

/** How the key of a dataset's file ends for the sake of what the dataset asks for: `.gz`, `.zst`, or not at all. */
export function compressionEnding(dataset: Readonly<Record<string, unknown>>): string {
  const asked = COMPRESSIONS.find((compression) => compression === dataset['compression']);
  return asked === undefined ? '' : COMPRESSION_ENDING[asked];
}
