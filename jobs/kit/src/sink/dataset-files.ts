import { type Compression, JobError, MAX_FILES } from '@esclusa/contract';
import type { FileOutput } from '../file-output.ts';
import { Compressor } from './compressor.ts';

/** Where the bytes of one file go; {@link MultipartObject} is one. */
export interface FileObject {
  readonly key: string;
  /** Bytes written so far. */
  readonly bytes: number;
  write(chunk: Uint8Array): Promise<void>;
  /** Ends it, still invisible. Gives the SHA-256 (hex) of its bytes. */
  finish(): Promise<string>;
}

/** A file that was written whole. */
export interface WrittenFile {
  readonly key: string;
  /** Data rows, the header not counted. */
  readonly rows: number;
  /** Of the file as it lies there, compressed or not; like the hash. */
  readonly bytes: number;
  /** What the compressed file unpacks to. */
  readonly uncompressedBytes?: number | undefined;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What the files of a dataset are to be. */
export interface FilesWanted {
  readonly dataset: string;
  /** Opens the file with this number, counted from 1. */
  readonly open: (number: number) => Promise<FileObject>;
  readonly compression?: Compression | undefined;
  /** Size at which a file ends, as it lies there. */
  readonly splitBytes: number;
}

interface OpenFile {
  readonly object: FileObject;
  readonly compressor: Compressor | undefined;
  /** Rows of the dataset that are in the files before it. */
  readonly rowsBefore: number;
}

/** The files of one dataset, written one after the other: the next one is opened only when the one before is at S3 to its last byte. */
export class DatasetFiles implements FileOutput {
  readonly #wanted: FilesWanted;
  readonly #written: WrittenFile[] = [];
  #file: OpenFile;
  /** Of the files before it. */
  #bytesBefore = 0;

  private constructor(wanted: FilesWanted, first: OpenFile) {
    this.#wanted = wanted;
    this.#file = first;
  }

  /** Opens the first. */
  static async begin(wanted: FilesWanted): Promise<DatasetFiles> {
    return new DatasetFiles(wanted, await openFile(wanted, 1, 0));
  }

  /** Bytes of all files so far. */
  get bytes(): number {
    return this.#bytesBefore + this.#file.object.bytes;
  }

  /** See {@link FileOutput}. What a compressor still holds is not counted: such a file may become longer by that. */
  get room(): number {
    return this.#wanted.splitBytes - this.#file.object.bytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await (this.#file.compressor ?? this.#file.object).write(chunk);
  }

  async next(rows: number): Promise<void> {
    const { dataset } = this.#wanted;
    await this.#end(rows);
    const number = this.#written.length + 1;
    if (number > MAX_FILES) {
      throw new JobError('REQUEST_INVALID', `dataset "${dataset}" would be more than ${MAX_FILES} files; give it a larger "splitMiB"`, {
        details: { dataset },
      });
    }
    const next = await openFile(this.#wanted, number, rows);
    this.#bytesBefore += this.#file.object.bytes;
    this.#file = next;
  }

  /** Ends the last file. `rows`: of the whole dataset. */
  async finish(rows: number): Promise<readonly WrittenFile[]> {
    await this.#end(rows);
    return this.#written;
  }

  /** Lets go of a compressor that was not finished. */
  destroy(): void {
    this.#file.compressor?.destroy();
  }

  async #end(rows: number): Promise<void> {
    const { object, compressor, rowsBefore } = this.#file;
    await compressor?.finish();
    compressor?.destroy();
    const sha256 = await object.finish();
    this.#written.push({ key: object.key, rows: rows - rowsBefore, bytes: object.bytes, uncompressedBytes: compressor?.bytes, sha256 });
  }
}

async function openFile({ open, compression }: FilesWanted, number: number, rowsBefore: number): Promise<OpenFile> {
  const object = await open(number);
  return { object, compressor: compression === undefined ? undefined : new Compressor(compression, object), rowsBefore };
}
