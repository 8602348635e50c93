import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type DataType, Field, RecordBatch, RecordBatchStreamWriter, Schema, Struct, makeData } from 'apache-arrow';
import type { BatchColumn } from './batch-column.ts';
import { type EncoderOptions, type FromEncoder, type ToEncoder, letGo } from './messages.ts';

/** Batches that the encoder may have at once: the one that it works at, and the next. */
const BATCHES = 2;

/** What a file is written by. */
export type ParquetFileOptions = Omit<EncoderOptions, 'plain'>;

/** Columns as they come into a file, each with its name. */
export interface NamedColumn {
  readonly name: string;
  readonly column: BatchColumn;
}

/** One Parquet file, written batch by batch. It is encoded in a thread beside this one. */
export class ParquetFile {
  readonly #port: MessagePort;
  readonly #write: (chunk: Uint8Array) => Promise<void>;
  /** Ends when the file's last byte was taken; rejects as soon as that can not come any more. */
  readonly #written = Promise.withResolvers<void>();
  #batchesOut = 0;
  #failed = false;
  #batchTaken = Promise.withResolvers<void>();

  private constructor(port: MessagePort, write: (chunk: Uint8Array) => Promise<void>) {
    this.#port = port;
    this.#write = write;
    // What goes wrong is told by what follows.
    this.#written.promise.catch(() => undefined);
    port.on('message', (message: FromEncoder) => void this.#told(message));
    port.on('close', () => this.#fail(new Error('the thread that encodes Parquet has ended')));
  }

  /** Begins a file. `first` are the columns with their first rows, by which it is seen how they are best encoded; `write` takes the file's bytes, in order. */
  static async begin(
    options: ParquetFileOptions,
    first: readonly NamedColumn[],
    rows: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<ParquetFile> {
    const { encodeBeside } = await import('./encoder-thread.ts');
    const { port1, port2 } = new MessageChannel();
    const file = new ParquetFile(port1, write);
    encodeBeside(port2);
    // A dictionary is tried anew in each row group, which of values that hardly come twice takes a third of the time for nothing.
    const plain = first.filter(({ column }) => column.isVaried(rows)).map(({ name }) => name);
    file.#tell({ kind: 'begin', options: { ...options, plain } satisfies EncoderOptions });
    return file;
  }

  /** Takes the rows of the columns; resolves when they may be written over. There has to be one call, of no rows where there are none. */
  async write(columns: readonly NamedColumn[], rows: number): Promise<void> {
    await this.settled(BATCHES - 1);
    this.#batchesOut++;
    const bytes = streamOf(columns, rows);
    this.#tell({ kind: 'batch', bytes }, [bytes.buffer]);
  }

  /** Waits until the encoder has no more than so many batches to take in. */
  async settled(left = 0): Promise<void> {
    while (this.#batchesOut > left && !this.#failed) await this.#batchTaken.promise;
    if (this.#failed) await this.#written.promise;
  }

  /** Writes what is left and the footer. */
  async finish(): Promise<void> {
    this.#tell({ kind: 'end' });
    await this.#written.promise;
  }

  /** Lets go of a file that was not finished. */
  destroy(): void {
    this.#port.close();
  }

  async #told(message: FromEncoder): Promise<void> {
    switch (message.kind) {
      case 'batch-taken':
        this.#batchesOut--;
        this.#batchTaken.resolve();
        this.#batchTaken = Promise.withResolvers();
        return;
      case 'chunk':
        try {
          await this.#write(message.bytes);
          letGo(message.bytes);
          this.#tell({ kind: 'taken' });
        } catch (error) {
          this.#fail(error);
        }
        return;
      case 'ended':
        return this.#written.resolve();
      case 'failed':
        return this.#fail(new Error(`Parquet: ${message.message}`));
      default: {
        const never: never = message;
        throw new Error(`unknown message ${JSON.stringify(never)}`);
      }
    }
  }

  #tell(message: ToEncoder, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  /** Nothing more comes of the file; where it has ended, that means nothing. */
  #fail(cause: unknown): void {
    this.#failed = true;
    this.#written.reject(cause);
    this.#batchTaken.resolve();
  }
}

/** The rows as a stream of Arrow's format, in memory of its own: what the encoder takes. */
function streamOf(columns: readonly NamedColumn[], rows: number): Uint8Array<ArrayBuffer> {
  const fields = columns.map(({ name, column }) => new Field<DataType>(name, column.type, true));
  const type = new Struct(fields as never);
  const data = makeData({ type, length: rows, nullCount: 0, children: columns.map(({ column }) => column.data(rows)) });
  const bytes = RecordBatchStreamWriter.writeAll([new RecordBatch(new Schema(fields), data)]).toUint8Array(true);
  return bytes.byteLength === bytes.buffer.byteLength ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}
