/** Where the bytes of a dataset go: one file, or several one after the other. */
export interface FileOutput {
  /** Bytes until the file is as long as it is to be; zero or less: it ends with its next record. `Infinity` for a file that takes all. */
  readonly room: number;
  /** Takes bytes, which are valid until it resolves; `rows` of the dataset have ended with them. */
  write(chunk: Uint8Array, rows: number): Promise<void>;
  /** Ends the file and begins another one; `rows` of the dataset are in it and those before it. */
  next(rows: number): Promise<void>;
}
