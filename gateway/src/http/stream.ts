import type { Request, Response } from 'express';
import { shareOf } from './auth.ts';
import { BOUNDS, type HttpBounds, tooMany } from './bounds.ts';
import { HEALTHY } from './status.ts';

const RETRY_AFTER_SECONDS = 5;

/** An answer that goes on; `write` lets a reader go that does not keep up. It may come back and go on. */
export interface OpenStream {
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** Takes a place for a log or events until the answer is over. Throws `TOO_MANY_REQUESTS`. */
export function takeStreamPlace({ streams }: HttpBounds, request: Request, response: Response): void {
  const release = streams.take(shareOf(request));
  if (release === undefined) {
    const most = `${BOUNDS.perCaller} for one caller and ${BOUNDS.inAll} in all`;
    throw tooMany(`as many logs and events are being read as there may be (${most})`, RETRY_AFTER_SECONDS);
  }
  whenOver(response, release);
}

/**
 * Begins an answer that goes on until {@link OpenStream.end}, or until its reader goes. `past`: what is sent first, however much it is.
 * To `HEAD` only the headers are answered, at once. Throws `TOO_MANY_REQUESTS` when too much waits to be read already.
 */
export function openStream({ behind }: HttpBounds, request: Request, response: Response, { type, past = '' }: { type: string; past?: string }): OpenStream {
  request.socket.setNoDelay(true);
  const first = Buffer.from(past);
  if (request.method !== 'HEAD' && !behind.take(first.length)) throw tooMany('too much of other logs waits to be read', RETRY_AFTER_SECONDS);
  // Proxies that buffer would hold it back.
  response.status(HEALTHY).set({ 'Content-Type': type, 'X-Accel-Buffering': 'no' });
  if (request.method === 'HEAD') {
    response.end();
    return { write: () => {}, end: () => {} };
  }
  response.flushHeaders();
  // Taken already.
  let waits = first.length;
  let allowed = BOUNDS.behindBytes;
  let over = false;
  whenOver(response, () => {
    over = true;
    behind.give(waits);
  });
  const send = (bytes: Buffer, taken: () => void = () => {}): void => {
    response.write(bytes, () => {
      if (over) return;
      waits -= bytes.length;
      behind.give(bytes.length);
      taken();
    });
  };
  if (first.length > 0) {
    // It goes before all else, so that what comes meanwhile may wait beside it.
    allowed += first.length;
    send(first, () => (allowed -= first.length));
  }
  const write = (text: string): void => {
    if (over || response.writableEnded || response.destroyed || text === '') return;
    const bytes = Buffer.from(text);
    if (waits + bytes.length > allowed || !behind.take(bytes.length)) response.destroy();
    else {
      waits += bytes.length;
      send(bytes);
    }
  };
  return { write, end: () => void response.end() };
}

/** Calls back once the answer is over, however it ends; at once when its reader is gone already. */
export function whenOver(response: Response, then: () => void): void {
  if (response.destroyed) then();
  else response.once('close', then);
}
