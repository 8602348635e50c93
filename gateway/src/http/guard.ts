import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { GatewayError } from '../errors.ts';
import { GUARDED_HEADERS, type GuardSettings, type GuardedRequest, guard } from './browser-guard.ts';
import { NO_CONTENT } from './status.ts';

const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, DELETE';
const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, X-API-Key';
const EXPOSED_HEADERS = 'Allow, Esclusa-Run, Location, Preference-Applied, Retry-After';
const PREFLIGHT_SECONDS = '600';

/** Lets pages of somebody else's neither ask nor read; those of allowed origins may do both (CORS). */
export function browserGuard(settings: GuardSettings): RequestHandler {
  return (request, response, next) => {
    if (settings.origins.length > 0) response.vary('Origin');
    const verdict = guard(guarded(request), settings);
    if (!verdict.ok) return next(new GatewayError(verdict.code, verdict.detail));
    if (verdict.origin === undefined) return next();
    response.set('Access-Control-Allow-Origin', verdict.origin).set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    if (request.method !== 'OPTIONS' || request.get('Access-Control-Request-Method') === undefined) return next();
    response.set('Access-Control-Allow-Methods', ALLOWED_METHODS).set('Access-Control-Allow-Headers', ALLOWED_HEADERS);
    response.set('Access-Control-Max-Age', PREFLIGHT_SECONDS).status(NO_CONTENT).end();
  };
}

/** Sets the headers that every answer carries; the pages have policies of their own. */
export const safeHeaders: RequestHandler = (_request, response, next) => {
  response.set('X-Content-Type-Options', 'nosniff').set('Cross-Origin-Resource-Policy', 'same-origin');
  response.set('Cache-Control', 'no-store').set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  next();
};

function guarded(request: IncomingMessage & { readonly originalUrl?: string }): GuardedRequest {
  const { method = '', headersDistinct, headers } = request;
  const values = (name: string): string[] => headersDistinct[name] ?? [];
  return {
    method,
    target: request.originalUrl ?? request.url ?? '',
    // A page can't set it unless it is allowed to set headers.
    encrypted:
      String(headers['x-forwarded-proto'] ?? '')
        .split(',')[0]
        ?.trim()
        .toLowerCase() === 'https',
    headers: Object.fromEntries(GUARDED_HEADERS.map((name) => [name, values(name)])) as unknown as GuardedRequest['headers'],
  };
}
