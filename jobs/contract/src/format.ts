/** What a dataset's file may be (`format`), and what it may be compressed by (`compression`): words of the contract, since its key ends by them. */
export const FORMATS = ['csv', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

export const COMPRESSIONS = ['gzip', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** How the name of a compressed CSV ends, behind `.csv`. Parquet compresses its pages by itself, and its name says nothing of it. */
export const COMPRESSION_ENDING: Readonly<Record<Compression, string>> = { gzip: '.gz', zstd: '.zst' };

/** A dataset's options, as far as these words go; each may be anything. */
interface Options {
  readonly format?: unknown;
  readonly compression?: unknown;
}

/** What a dataset asks for; CSV where it says nothing, or nothing that is known. */
export function formatOf(dataset: Options): Format {
  return FORMATS.find((format) => format === dataset.format) ?? 'csv';
}

/** How the name of a file of the dataset ends for the sake of its format: `.csv`, `.parquet`. */
export function formatEnding(dataset: Options): string {
  return `.${formatOf(dataset)}`;
}

/** What comes behind that for the sake of its compression: `.gz`, `.zst`, or nothing. */
export function compressionEnding(dataset: Options): string {
  const asked = COMPRESSIONS.find((compression) => compression === dataset.compression);
  return asked === undefined || formatOf(dataset) !== 'csv' ? '' : COMPRESSION_ENDING[asked];
}

/** How the key of a dataset's file ends, whole: `.csv.gz`. */
export function fileEnding(dataset: Options): string {
  return formatEnding(dataset) + compressionEnding(dataset);
}
