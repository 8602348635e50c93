/** pg-copy-streams ships no types; this is the part that we use. */
declare module 'pg-copy-streams' {
  import type { Writable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** COPY … FROM STDIN as a stream that takes its data bytes. */
  export function from(sql: string): Writable & Submittable;
}
