import { JobError } from '@esclusa/contract';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { EngineError } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import { UntrustedEntry } from '../ledger/sealed-store.ts';
import { declaresTooMuch } from './read-body.ts';
import type { ProblemDocument } from './schemas/index.ts';
import { statusOf } from './status.ts';
import { jsonText } from './visible.ts';

const LINGER_MS = 500;

/** More of a problem than every problem has: run id, attempts, the last lines of the log. */
export type ProblemMembers = Omit<ProblemDocument, 'type' | 'title' | 'status' | 'detail' | 'code'>;

/** A problem document (RFC 9457) with a code that callers may rely on. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly members?: ProblemMembers;
  readonly retryAfterSeconds?: number;
}

/** Sends a problem document. */
export function sendProblem(response: Response, problem: Problem): void {
  const { code, retryAfterSeconds } = problem;
  if (retryAfterSeconds !== undefined) response.set('Retry-After', String(Math.ceil(retryAfterSeconds)));
  response.status(statusOf(code)).type('application/problem+json');
  if (mayBeLong(response.req)) sendBeforeTheBody(response, problemText(problem));
  else response.send(problemText(problem));
}

/** A problem document as text. */
export function problemText({ code, detail, members = {} }: Problem): string {
  const document: ProblemDocument = { type: 'about:blank', title: titleOf(code), status: statusOf(code), detail, code, ...members };
  return jsonText(document);
}

/** Returns true if more of the request may come than is worth reading. */
function mayBeLong(request: Request): boolean {
  return !request.complete && (request.headers['transfer-encoding'] !== undefined || declaresTooMuch(request));
}

/**
 * Answers a request whose body goes on, and closes. What comes is thrown away for a moment: a connection that is closed upon unread bytes
 * takes the answer with it.
 */
function sendBeforeTheBody(response: Response, text: string): void {
  const { req: request } = response;
  response.set('Connection', 'close').set('Content-Length', String(Buffer.byteLength(text)));
  if (request.method !== 'HEAD') response.write(text);
  const close = (): void => void response.end();
  const timer = setTimeout(close, LINGER_MS);
  response.once('close', () => clearTimeout(timer));
  request.once('end', close).once('error', close).resume();
}

/** `SOURCE_UNREACHABLE` → `Source unreachable`. */
export function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Turns whatever a handler threw into a problem document; what nobody foresaw is logged whole and told in one sentence. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof GatewayError) {
      const { retryAfterSeconds, ...members } = error.details;
      return sendProblem(response, {
        code: error.code,
        detail: error.message,
        // What the gateway's errors may carry is described in schemas/; the tests hold every answer to it.
        members,
        ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
      });
    }
    if (error instanceof UntrustedEntry) return sendProblem(response, { code: 'LEDGER_UNTRUSTED', detail: error.message });
    if (error instanceof EngineError || error instanceof JobError) {
      log.warn({ err: error, path: request.path }, 'request failed');
      // A failing S3 at accept is ours to answer for, and nothing was accepted: the same request may work later.
      return sendProblem(response, { code: error.code, detail: error.message });
    }
    log.error({ err: error, path: request.path }, 'unexpected failure');
    sendProblem(response, { code: 'INTERNAL', detail: 'unexpected failure in the gateway; its log has the details' });
  };
}
