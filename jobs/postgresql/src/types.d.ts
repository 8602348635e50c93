/** pg-copy-streams ships no types; this is the part that we use. */
declare module 'pg-copy-streams' {
  import type { Readable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** COPY … TO STDOUT as a stream of its data bytes; `rowCount` is set when the server has ended the command. */
  export interface CopyToStream extends Readable, Submittable {
    readonly rowCount: number;
  }
  export function to(sql: string, options?: { highWaterMark?: number }): CopyToStream;
}
