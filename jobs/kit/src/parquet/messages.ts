/** How the pages of a Parquet file are compressed. */
export type ParquetCodec = 'snappy' | 'gzip' | 'zstd';

/** What a file is written by. */
export interface EncoderOptions {
  readonly codec: ParquetCodec;
  /** Bytes of a row group, encoded and before they are compressed, about. */
  readonly rowGroupBytes: number;
  /** What the file says that it was written by. */
  readonly createdBy: string;
  /** Columns that no dictionary is made of. */
  readonly plain: readonly string[];
}

/** What the thread that encodes is told of one file, by a port of the file's own: first `begin`, batches as Arrow's streams of one each, and `end`. `taken` answers a chunk. */
export type ToEncoder =
  | { readonly kind: 'begin'; readonly options: EncoderOptions }
  | { readonly kind: 'batch'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'taken' };

/** What it tells: that a batch was taken in; the file's bytes, in order, each chunk once the one before was taken; and how it ended. */
export type FromEncoder =
  | { readonly kind: 'batch-taken' }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly message: string };

/** Gives back the memory of bytes that came in a message. The garbage collector would see to it late: to it they are some words of a heap that hardly grows. */
export function letGo(bytes: Uint8Array<ArrayBuffer>): void {
  bytes.buffer.transfer(0);
}
