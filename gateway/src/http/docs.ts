import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { GatewayError } from '../errors.ts';
import type { Catalogue } from '../pipelines/catalogue.ts';
import { maySeeAll } from './auth.ts';
import { openApiDocument } from './openapi/document.ts';
import type { Route } from './route.ts';
import { HEALTHY, NOT_MODIFIED } from './status.ts';
import { jsonText } from './visible.ts';

/** What the pages that document the gateway are made of. */
export interface DocsServices {
  readonly catalogue: Catalogue;
  readonly version: string;
  readonly apiKey: string | undefined;
}

// Beside the bundle, where scripts/build/bundle.ts puts them; run from source, each is where package.json says.
const BUNDLED = join(import.meta.dirname, 'assets');
const FILES: Readonly<Record<string, string>> = packageJson.assets;
const PUBLIC_FILES = Object.keys(FILES).filter((name) => !name.endsWith('.html'));
const HOUR_MS = 3_600_000;

/**
 * Nothing of the pages comes from elsewhere, and nothing goes there. Both write their styles at run time; ReDoc's search runs in
 * a worker made of a blob.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `/openapi.json`, and the pages that show it; `routes` are all routes, these included. */
export function docsRoutes({ catalogue, version, apiKey }: DocsServices, routes: () => readonly Route[]): Route[] {
  // Making it leaves a megabyte or more to be collected; kept, it has forty kilobytes.
  const made = new Map<boolean, { about: string; json: string }>();
  return [
    {
      method: 'get',
      path: '/openapi.json',
      describe: () => ({
        operationId: 'openApi',
        tags: ['documentation'],
        summary: 'This document',
        description: 'Where an API key is set, the names of the pipelines stand in it only for callers who send it.',
        responses: { [HEALTHY]: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } } },
        problems: [],
      }),
      handle: async (request, response) => {
        const knows = maySeeAll(request, apiKey);
        const pipelines = knows ? (await catalogue.list()).map(({ name }) => name) : [];
        const about = pipelines.join();
        let document = made.get(knows);
        if (document?.about !== about) {
          document = { about, json: jsonText(openApiDocument(routes(), { version, hasKey: apiKey !== undefined, known: { pipelines } })) };
          made.set(knows, document);
        }
        response.set('Cache-Control', 'no-cache').vary('Authorization').vary('X-API-Key').type('application/json').send(document.json);
      },
    },
    page('/docs', 'docs.html', 'Swagger UI, with which requests can be tried out'),
    page('/redoc', 'redoc.html', 'ReDoc'),
    {
      method: 'get',
      path: '/assets/{file}',
      describe: () => ({
        operationId: 'asset',
        tags: ['documentation'],
        summary: 'Scripts and styles of the pages',
        requestParams: { path: z.object({ file: z.enum(PUBLIC_FILES) }) },
        responses: {
          [HEALTHY]: {
            description: 'The file.',
            content: { 'text/javascript': { schema: { type: 'string' } }, 'text/css': { schema: { type: 'string' } } },
          },
          [NOT_MODIFIED]: { description: 'The caller has it already.' },
        },
        problems: ['ROUTE_NOT_FOUND'],
      }),
      handle: (request, response, next) => {
        const file = String(request.params['file']);
        if (!PUBLIC_FILES.includes(file)) return next(new GatewayError('ROUTE_NOT_FOUND', `there is nothing at ${request.path}`));
        sendAsset(response, file, next, HOUR_MS);
      },
    },
  ];
}

function page(path: string, file: string, summary: string): Route {
  return {
    method: 'get',
    path,
    describe: () => ({
      operationId: file.replace('.', '_'),
      tags: ['documentation'],
      summary,
      responses: {
        [HEALTHY]: { description: 'A page that needs nothing from elsewhere.', content: { 'text/html': { schema: { type: 'string' } } } },
        [NOT_MODIFIED]: { description: 'The caller has it already.' },
      },
      problems: [],
    }),
    handle: (_request, response, next) => {
      response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY).set('Referrer-Policy', 'same-origin');
      sendAsset(response, file, next, 0);
    },
  };
}

/** Streams a file from disk: the larger ones have more than a megabyte, which need not be held in memory. */
function sendAsset(response: Response, file: string, next: Parameters<RequestHandler>[2], maxAge: number): void {
  // The file's own is set by what sends it.
  response.removeHeader('Cache-Control');
  // Conditions for changing something; Express would throw where they do not hold.
  delete response.req.headers['if-match'];
  delete response.req.headers['if-unmodified-since'];
  response.sendFile(assetPath(file), { maxAge, acceptRanges: false, dotfiles: 'allow' }, (error?: Error) => {
    // A caller that went away is no failure.
    if (error !== undefined && !response.headersSent && !response.destroyed) next(error);
  });
}

function assetPath(file: string): string {
  const bundled = join(BUNDLED, file);
  if (existsSync(bundled)) return bundled;
  const source = FILES[file] ?? file;
  const root = new URL('../../', import.meta.url).pathname;
  return source.startsWith('./') ? join(root, source) : createRequire(join(root, 'package.json')).resolve(source);
}
