import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { identify, requireApiKey } from './auth.ts';
import type { GuardSettings } from './browser-guard.ts';
import type { HttpBounds } from './bounds.ts';
import { type DocsServices, docsRoutes } from './docs.ts';
import { browserGuard, safeHeaders } from './guard.ts';
import { type HealthServices, healthRoutes } from './health.ts';
import { type IngestaServices, ingestaRoutes } from './ingesta.ts';
import { problemHandler } from './problem.ts';
import { readBody } from './read-body.ts';
import { type Route, allowed, expressPath } from './route.ts';
import { type RunServices, runRoutes } from './runs/routes.ts';
import { type StateServices, stateRoutes } from './state.ts';
import { NO_CONTENT } from './status.ts';
import { jsonText } from './visible.ts';

const LOGGED_PATH_CHARS = 500;

/** What the HTTP side works with. */
export interface HttpServices extends IngestaServices, StateServices, RunServices, HealthServices, DocsServices {
  readonly log: Logger;
  readonly guard: GuardSettings;
}

/** Every route that there is: what Express is given and what the OpenAPI document is made of. */
export function allRoutes(services: HttpServices): Route[] {
  const routes: Route[] = [
    ...healthRoutes(services),
    ...ingestaRoutes(services),
    ...stateRoutes(services),
    ...runRoutes(services),
    ...docsRoutes(services, () => routes),
  ];
  return routes;
}

/** The Express application: routes, authentication, and problem documents for everything that goes wrong. */
export function createApp(services: HttpServices): Express {
  const routes = allRoutes(services);
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.response.json = sendJson;
  app.use(accessLog(services.log), safeHeaders, browserGuard(services.guard), identify(services.apiKey));
  app.use(['/api', '/ready'], requireApiKey(services.apiKey));
  app.use('/api', readBody);
  // Behind the bodies: of many that come at once each is work for one turn.
  app.use(onePerTurn(services.bounds));
  for (const { method, path, handle } of routes) app[method](expressPath(path), handle);
  // After all of them: one path may also be an example of another's pattern.
  for (const path of new Set(routes.map((route) => route.path))) app.all(expressPath(path), otherMethods(allowed(routes, path)));
  app.use((request, _response, next) => {
    const path = request.path.replace(/(.)\/$/, '$1');
    next(
      new GatewayError(
        'ROUTE_NOT_FOUND',
        `there is nothing at ${path.slice(0, LOGGED_PATH_CHARS)}; GET /api/ingesta lists the pipelines, /docs shows all there is`,
      ),
    );
  });
  app.use(badPath);
  app.use(problemHandler(services.log));
  return app;
}

/** In place of Express's own, so that no answer has control characters in it. */
function sendJson(this: express.Response, value: unknown): express.Response {
  return this.type('application/json').send(jsonText(value));
}

/** A probe waits for nobody. */
function onePerTurn({ turns }: HttpBounds): express.RequestHandler {
  return (request, _response, next) => {
    if (request.path === '/health') next();
    else void turns.next().then(() => next());
  };
}

function otherMethods(allow: string): express.RequestHandler {
  return (request, response, next) => {
    response.set('Allow', allow);
    if (request.method === 'OPTIONS') response.status(NO_CONTENT).end();
    else next(new GatewayError('METHOD_NOT_ALLOWED', `${request.path.slice(0, LOGGED_PATH_CHARS)} takes ${allow}, not ${request.method}`));
  };
}

/** A path that is badly escaped is none. */
const badPath: express.ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  next(error instanceof URIError ? new GatewayError('ROUTE_NOT_FOUND', 'the path is badly escaped', { cause: error }) : error);
};

function accessLog(log: Logger): express.RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.on('close', () => {
      const { method, originalUrl } = request;
      const run = response.get('Esclusa-Run');
      const ms = Math.round(performance.now() - started);
      // The query may hold anything; the path is ours.
      log.info(
        {
          method,
          path: originalUrl.split('?')[0]?.slice(0, LOGGED_PATH_CHARS),
          status: response.statusCode,
          ms,
          ...(run === undefined ? {} : { run }),
          gone: !response.writableFinished,
        },
        'request',
      );
    });
    next();
  };
}
