import type { Readable } from 'node:stream';
import { Turns } from '../turns.ts';

/** A job's shortest lines make some 20 ms of work of it. */
const PIECE_BYTES = 16 * 1024;
/** Shared by all jobs: one that floods its output must delay neither the others nor who asks the gateway something. */
const turns = new Turns();

/** Bytes of a job's output in small pieces, one per turn of the event loop. Meanwhile the job waits. Rejects when the stream breaks off. */
export async function* inPieces(stream: Readable): AsyncGenerator<Buffer> {
  // 'on', since a socket may fail more than once and an unheard 'error' would end the gateway.
  stream.on('error', () => undefined);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      await turns.next();
      yield chunk.subarray(at, at + PIECE_BYTES);
    }
  }
}
