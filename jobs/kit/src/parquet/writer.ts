import { type DataType, Field, RecordBatch, RecordBatchStreamWriter, Schema, Struct, makeData } from 'apache-arrow';
import type { BatchColumn } from './columns.ts';
import { Compression, Table, type WasmBatch, type WriterProperties, WriterPropertiesBuilder, transformParquetStream } from './library.ts';

/** How the pages of a Parquet file are compressed. */
export type ParquetCodec = 'snappy' | 'gzip' | 'zstd';

const CODECS: Readonly<Record<ParquetCodec, Compression>> = { snappy: Compression.SNAPPY, gzip: Compression.GZIP, zstd: Compression.ZSTD };

/** What a file is written by. */
export interface ParquetFileOptions {
  readonly codec: ParquetCodec;
  /** Bytes of a row group, encoded and before they are compressed, about. */
  readonly rowGroupBytes: number;
  /** What the file says that it was written by. */
  readonly createdBy: string;
}

/** Columns as they come into a file, each with its name. */
export interface NamedColumn {
  readonly name: string;
  readonly column: BatchColumn;
}

/** One Parquet file, written batch by batch; it holds in memory the row group under way. */
export class ParquetFile {
  readonly #batches: WritableStreamDefaultWriter<WasmBatch>;
  /** Ends when the file's last byte was taken; rejects as soon as that can not come any more. */
  readonly #written: Promise<void>;

  /** `first` are the columns with their first rows, by which it is seen how they are best encoded. `write` takes the file's bytes, in order. */
  constructor(options: ParquetFileOptions, first: readonly NamedColumn[], rows: number, write: (chunk: Uint8Array) => Promise<void>) {
    const properties = propertiesOf(options, first, rows);
    const { readable, writable } = new TransformStream<WasmBatch, WasmBatch>(undefined, { highWaterMark: 0 }, { highWaterMark: 0 });
    this.#batches = writable.getWriter();
    // What goes wrong there is told by what follows.
    this.#batches.closed.catch(() => undefined);
    this.#written = (async () => {
      for await (const chunk of (await transformParquetStream(readable, properties)) as AsyncIterable<Uint8Array>) await write(chunk);
    })();
    this.#written.catch(() => undefined);
  }

  /** Takes the rows of the columns; resolves when they may be written over. There has to be one call, of no rows where there are none. */
  async write(columns: readonly NamedColumn[], rows: number): Promise<void> {
    const batch = toLibrary(columns, rows);
    await Promise.race([this.#batches.write(batch), this.#failure()]);
  }

  /** Writes what is left and the footer. */
  async finish(): Promise<void> {
    await Promise.race([this.#batches.close(), this.#failure()]);
    await this.#written;
  }

  /** Lets go of a file that was not finished. */
  destroy(): void {
    this.#batches.abort().catch(() => undefined);
  }

  /** Rejects when the file fails, and does nothing else. */
  #failure(): Promise<never> {
    return this.#written.then(() => new Promise<never>(() => {}));
  }
}

/** How a file is written. A dictionary of a column's values is tried anew in each row group, which of values that hardly come twice takes a third of the time for nothing. */
function propertiesOf({ codec, rowGroupBytes, createdBy }: ParquetFileOptions, columns: readonly NamedColumn[], rows: number): WriterProperties {
  const builder = new WriterPropertiesBuilder().setCompression(CODECS[codec]).setMaxRowGroupBytes(rowGroupBytes).setCreatedBy(createdBy);
  const varied = columns.filter(({ column }) => column.isVaried(rows));
  return varied.reduce((changed, { name }) => changed.setColumnDictionaryEnabled(name, false), builder).build();
}

/** The rows in the library's own memory, by Arrow's stream format, which is how it takes them. */
function toLibrary(columns: readonly NamedColumn[], rows: number): WasmBatch {
  const fields = columns.map(({ name, column }) => new Field<DataType>(name, column.type, true));
  const type = new Struct(fields as never);
  const data = makeData({ type, length: rows, nullCount: 0, children: columns.map(({ column }) => column.data(rows)) });
  const bytes = RecordBatchStreamWriter.writeAll([new RecordBatch(new Schema(fields), data)]).toUint8Array(true);
  const table = Table.fromIPCStream(bytes);
  try {
    const batch = table.recordBatch(0);
    if (batch === undefined) throw new Error('the batch has no rows and was not kept');
    return batch;
  } finally {
    table.free();
  }
}
