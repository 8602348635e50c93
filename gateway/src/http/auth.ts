import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../errors.ts';

/** Lets through who sends the key, as `Authorization: Bearer …` or `X-API-Key: …`; everybody when there is none. */
export function requireApiKey(apiKey: string | undefined): RequestHandler {
  if (apiKey === undefined) return (_request, _response, next) => next();
  const expected = digest(apiKey);
  return (request, response, next) => {
    const bearer = /^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const given = request.get('x-api-key') ?? bearer;
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return next();
    response.set('WWW-Authenticate', 'Bearer');
    next(
      new GatewayError(
        'UNAUTHORIZED',
        `${given === undefined ? 'this gateway asks for' : 'that is not'} its API key: send it as "Authorization: Bearer <key>" or "X-API-Key: <key>"`,
      ),
    );
  };
}

/** Who sent a request, as far as that can be told until there are accounts: stands for the key, and is no secret. */
export function callerOf(request: Request): string {
  return request.get('x-api-key') === undefined && request.get('authorization') === undefined ? 'anonymous' : 'api-key';
}

// Equal lengths, whatever was sent, so that comparing takes the same time.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
