/** pg-copy-streams ships no types; this is the part that we use. */
declare module 'pg-copy-streams' {
  import type { Readable, Writable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** COPY … TO STDOUT as a stream of its data bytes; `rowCount` is set when the server has ended the command. */
  export interface CopyToStream extends Readable, Submittable {
    readonly rowCount: number;
  }
  export function to(sql: string, options?: { highWaterMark?: number }): CopyToStream;

  /** COPY … FROM STDIN as a stream that takes its data bytes; for tests. */
  export function from(sql: string): Writable & Submittable;
}
