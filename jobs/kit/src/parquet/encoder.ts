import type { MessagePort } from 'node:worker_threads';
import { Compression, Table, type WasmBatch, type WriterProperties, WriterPropertiesBuilder, transformParquetStream } from './library.ts';
import { type EncoderOptions, type FromEncoder, type ParquetCodec, type ToEncoder, letGo } from './messages.ts';

const CODECS: Readonly<Record<ParquetCodec, Compression>> = { snappy: Compression.SNAPPY, gzip: Compression.GZIP, zstd: Compression.ZSTD };

/** Encodes one file, by what its port says (messages.ts). In memory it holds the row group under way. */
export async function encode(port: MessagePort): Promise<void> {
  const tell = (message: FromEncoder, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const inbox = new Inbox(port);
  try {
    const begin = await inbox.next();
    if (begin.kind !== 'begin') throw new Error(`a file begins with "${begin.kind}"`);
    const batches = async function* (): AsyncGenerator<WasmBatch> {
      for (let message = await inbox.next(); message.kind === 'batch'; message = await inbox.next()) {
        const batch = batchOf(message.bytes);
        letGo(message.bytes);
        yield batch;
        tell({ kind: 'batch-taken' });
      }
    };
    const stream = await transformParquetStream(ReadableStream.from(batches()), propertiesOf(begin.options));
    for await (const chunk of stream as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      await inbox.takeTurn();
      tell({ kind: 'chunk', bytes: chunk }, [chunk.buffer]);
    }
    await inbox.takeTurn();
    tell({ kind: 'ended' });
  } catch (error) {
    tell({ kind: 'failed', message: (error as Error).message });
  } finally {
    port.close();
  }
}

/** What a port has said and nobody has looked at yet. Once it is closed, whoever waits is told so. */
class Inbox {
  readonly #messages: ToEncoder[] = [];
  #chunkIsOut = false;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(port: MessagePort) {
    port.on('message', (message: ToEncoder) => {
      if (message.kind === 'taken') this.#chunkIsOut = false;
      else this.#messages.push(message);
      this.#tell();
    });
    port.on('close', () => {
      this.#closed = true;
      this.#tell();
    });
  }

  /** What comes next. */
  async next(): Promise<ToEncoder> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await this.#change();
    }
  }

  /** Waits until the chunk before was taken; the next one is out from then on. */
  async takeTurn(): Promise<void> {
    while (this.#chunkIsOut) await this.#change();
    this.#chunkIsOut = true;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #change(): Promise<void> {
    if (this.#closed) throw new Error('the file was let go of');
    await this.#changed.promise;
  }
}

function propertiesOf({ codec, rowGroupBytes, createdBy, plain }: EncoderOptions): WriterProperties {
  const builder = new WriterPropertiesBuilder().setCompression(CODECS[codec]).setMaxRowGroupBytes(rowGroupBytes).setCreatedBy(createdBy);
  return plain.reduce((changed, name) => changed.setColumnDictionaryEnabled(name, false), builder).build();
}

/** A batch in the library's own memory. */
function batchOf(stream: Uint8Array): WasmBatch {
  const table = Table.fromIPCStream(stream);
  try {
    const batch = table.recordBatch(0);
    if (batch === undefined) throw new Error('the batch has no rows and was not kept');
    return batch;
  } finally {
    table.free();
  }
}
