import type { Request, Response } from 'express';
import { HEALTHY } from './status.ts';

// A reader who is this far behind is let go; it may come back and go on.
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

/** An answer that goes on; `write` drops a reader that does not keep up. */
export interface OpenStream {
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** Begins an answer that goes on until {@link OpenStream.end}, or until its reader goes. */
export function openStream(request: Request, response: Response, type: string): OpenStream {
  request.socket.setNoDelay(true);
  // Proxies that buffer would hold it back.
  response.status(HEALTHY).set({ 'Content-Type': type, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  const write = (text: string): void => {
    if (response.writableEnded || response.destroyed || text === '') return;
    if (response.writableLength > MAX_BEHIND_BYTES) response.destroy();
    else response.write(text);
  };
  return { write, end: () => void response.end() };
}
