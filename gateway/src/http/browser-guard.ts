import { isIP } from 'node:net';

/** Settings of the gateway that the guard uses. */
export interface GuardSettings {
  /** Names that `Host` may have beside loopback's and addresses; `.example.org` stands for every name below it. Undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** Origins of other places whose pages may call, as browsers write them. */
  readonly origins: readonly string[];
}

/** Parts of a request that the guard examines; a header that came more than once has all its values. */
export interface GuardedRequest {
  readonly method: string;
  /** The request's target as it was sent: a path, or a whole URL. */
  readonly target: string;
  /** True if the request came encrypted, as a proxy in front says. */
  readonly encrypted: boolean;
  readonly headers: Readonly<Record<GuardedHeader, readonly string[]>>;
}

/** The headers that tell a browser, and on whose behalf it asks. */
export const GUARDED_HEADERS = [
  'host',
  'origin',
  'referer',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'user-agent',
  'accept',
  'accept-language',
] as const;
export type GuardedHeader = (typeof GUARDED_HEADERS)[number];

/** Verdict on a request: it goes on, or is refused. `origin` is an allowed origin, whose page needs it to read the answer. */
export type GuardVerdict =
  | { readonly ok: true; readonly origin?: string }
  | { readonly ok: false; readonly code: 'REQUEST_MALFORMED' | 'HOST_NOT_ALLOWED' | 'ORIGIN_NOT_ALLOWED'; readonly detail: string };

const PAGES = /^\/(?:docs|redoc|assets\/[^/]+)$/;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** GETs that start containers. */
const STARTING = /^\/api\/ingesta\/health$/;
const WHOLE_URL = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;
const AUTHORITY = /^(?:\[([^\]]{1,64})\]|([a-z0-9_.-]{1,255}))(?::(\d{0,5}))?$/;

/**
 * Refuses a request that a foreign page may have sent, in a browser that can reach this gateway. The evidence is its `Host` (DNS rebinding),
 * `Origin`, `Sec-Fetch-*`, and for older browsers `Referer`. Programs send none of the last three, and are not held up. Pure.
 */
export function guard(request: GuardedRequest, settings: GuardSettings): GuardVerdict {
  if (request.headers.host.length > 1) return { ok: false, code: 'REQUEST_MALFORMED', detail: 'a request has one Host; send it once' };
  const authorities = authoritiesOf(request);
  const { hosts } = settings;
  const wrong = hosts === undefined ? undefined : authorities.find((authority) => !isAllowedHost(authority, hosts));
  if (wrong !== undefined) {
    const detail = `this gateway does not answer a request for "${printable(wrong)}": call it by localhost or by its address, or list the name in ALLOWED_HOSTS`;
    return { ok: false, code: 'HOST_NOT_ALLOWED', detail };
  }
  return guardOrigin(request, settings, authorities);
}

function guardOrigin(request: GuardedRequest, { origins }: GuardSettings, authorities: readonly string[]): GuardVerdict {
  const { method, headers, encrypted } = request;
  const own = (origin: string): boolean => authorities.length > 0 && authorities.every((authority) => origin === originOf(authority, encrypted));
  const [site] = headers['sec-fetch-site'];
  if (headers.origin.length > 0) {
    const origin = single(headers.origin);
    if (origin !== undefined && origins.includes(origin)) return { ok: true, origin };
    if (origin === undefined || !own(origin)) return refused(`the page at "${printable(headers.origin.join(', '))}"`);
  }
  if (headers['sec-fetch-site'].length > 0) {
    const known = headers['sec-fetch-site'].length === 1 && (site === 'same-origin' || site === 'none');
    return known || isNavigation(request) ? { ok: true } : refused('a page of another place');
  }
  if (headers.origin.length > 0) return { ok: true };
  // An older browser, or one that came over plain HTTP, which tells less.
  const referer = refererOf(headers.referer);
  if (referer !== undefined) {
    if (own(referer) || origins.includes(referer)) return { ok: true };
    if (!isPage(request)) return refused(`the page at "${printable(referer)}"`);
  }
  if (isForImage(headers.accept) && !isPage(request)) return refused('an image of a page');
  const starts = !READS.has(method) || STARTING.test(pathOf(request));
  if (starts && isBrowser(headers)) return refused('a browser that does not say for which page it asks');
  return { ok: true };
}

function refused(who: string): GuardVerdict {
  return {
    ok: false,
    code: 'ORIGIN_NOT_ALLOWED',
    detail:
      `${who} may not call this gateway: use its own pages (/docs), a program such as curl, or list the page's origin in CORS_ORIGINS; ` +
      'a proxy in front has to pass Host on, and X-Forwarded-Proto',
  };
}

/** Host and, of a target that is a whole URL, its authority. Both count; a program of HTTP/1.0 sends none, and a browser always one. */
function authoritiesOf({ target, headers }: GuardedRequest): string[] {
  const whole = WHOLE_URL.exec(target)?.[1];
  return [...headers.host.filter((host) => host !== ''), ...(whole === undefined ? [] : [whole])].map((text) => text.toLowerCase());
}

/** Returns true if a browser sends this `Host` only to the real owner of that name. */
function isAllowedHost(authority: string, allowed: readonly string[]): boolean {
  const [, v6, name] = AUTHORITY.exec(authority) ?? [];
  if (v6 !== undefined) return isIP(v6) === 6;
  if (name === undefined) return false;
  const bare = name.replace(/\.$/, '');
  if (isIP(bare) === 4 || bare === 'localhost' || bare.endsWith('.localhost')) return true;
  return allowed.some((one) => (one.startsWith('.') ? bare.endsWith(one) && bare.length > one.length : bare === one));
}

/** The origin that a page of this very gateway has. */
function originOf(authority: string, encrypted: boolean): string | undefined {
  const scheme = encrypted ? 'https' : 'http';
  const [, , , port] = AUTHORITY.exec(authority) ?? [];
  const bare = port === undefined ? authority : authority.slice(0, -port.length - 1);
  const implied = port === undefined || port === '' || Number(port) === (encrypted ? 443 : 80);
  return AUTHORITY.test(authority) ? `${scheme}://${bare}${implied ? '' : `:${Number(port)}`}` : undefined;
}

/** The one origin that was sent, as browsers write it; undefined for `null`, several, or anything else. */
function single(origins: readonly string[]): string | undefined {
  const [origin = ''] = origins;
  return origins.length === 1 && /^[a-z][a-z0-9+.-]*:\/\/[^\s/,?#]+$/.test(origin) ? origin : undefined;
}

/** The origin of the page that a browser came from; undefined where none can be read, which no page can bring about. */
function refererOf([referer = '']: readonly string[]): string | undefined {
  return WHOLE_URL.exec(referer)?.[0].toLowerCase();
}

function isNavigation(request: GuardedRequest): boolean {
  const { method, headers } = request;
  const goes = method === 'GET' && headers['sec-fetch-mode'].join() === 'navigate' && headers['sec-fetch-dest'].join() === 'document';
  return goes && isPage(request);
}

function isPage(request: GuardedRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && PAGES.test(pathOf(request));
}

/** The path as routes know it: letters of either case, with or without a slash at its end. */
function pathOf({ target }: GuardedRequest): string {
  const path = target.replace(WHOLE_URL, '').split('?')[0] ?? '';
  return path.toLowerCase().replace(/(.)\/$/, '$1');
}

function isForImage(accept: readonly string[]): boolean {
  const text = accept.join().toLowerCase();
  return text.startsWith('image/') && !text.includes('json') && !text.includes('text/');
}

/** Returns true for headers that every browser sends, and hardly any program. */
function isBrowser(headers: GuardedRequest['headers']): boolean {
  return (headers['user-agent'][0] ?? '').startsWith('Mozilla/') && headers['accept-language'].length > 0;
}

function printable(text: string): string {
  return text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?');
}
