import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { GatewayError } from '../errors.ts';

// More keys than this mean that the caller guesses.
const MAX_GIVEN = 4;
const authenticated = new WeakSet<IncomingMessage>();

/** Notes who sends the key, as `Authorization: Bearer …` or `X-API-Key: …`; refuses nobody. */
export function identify(apiKey: string | undefined): RequestHandler {
  if (apiKey === undefined) return (_request, _response, next) => next();
  const expected = digest(apiKey);
  return (request, _response, next) => {
    // Each is compared, whatever the others were: an empty or old one must not hide the right one.
    const right = givenKeys(request).filter((given) => timingSafeEqual(digest(given), expected));
    if (right.length > 0) authenticated.add(request);
    next();
  };
}

/** Lets through who sent the key; everybody when there is none. */
export function requireApiKey(apiKey: string | undefined): RequestHandler {
  return (request, response, next) => {
    if (maySeeAll(request, apiKey)) return next();
    response.set('WWW-Authenticate', 'Bearer');
    const given = givenKeys(request).length > 0;
    next(
      new GatewayError(
        'UNAUTHORIZED',
        `${given ? 'that is not' : 'this gateway asks for'} its API key: send it as "Authorization: Bearer <key>" or "X-API-Key: <key>"`,
      ),
    );
  };
}

/** Returns true if the caller may see everything: it has the API key, or none is set. */
export function maySeeAll(request: IncomingMessage, apiKey: string | undefined): boolean {
  return apiKey === undefined || authenticated.has(request);
}

/** Who sent a request, as far as that can be told until there are accounts: stands for the key, and is no secret. */
export function callerOf(request: IncomingMessage): string {
  return authenticated.has(request) ? 'api-key' : 'anonymous';
}

/** Whose share of the gateway's places a request takes. The key is shared by machines, so their addresses tell them apart. */
export function shareOf(request: IncomingMessage): string {
  return `${callerOf(request)} ${request.socket.remoteAddress ?? ''}`;
}

function givenKeys({ headersDistinct }: IncomingMessage): string[] {
  const bearers = (headersDistinct['authorization'] ?? []).flatMap((value) => (/^bearer[ \t]/i.test(value) ? [value.slice('bearer'.length)] : []));
  return [...(headersDistinct['x-api-key'] ?? []), ...bearers].flatMap((value) => value.trim() || []).slice(0, MAX_GIVEN);
}

// Equal lengths, whatever was sent, so that comparing takes the same time.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
