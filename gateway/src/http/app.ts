import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { requireApiKey } from './auth.ts';
import { readBody } from './body.ts';
import { type DocsServices, docsRoutes } from './docs.ts';
import { type HealthServices, healthRoutes } from './health.ts';
import { type IngestaServices, ingestaRoutes } from './ingesta.ts';
import { problemHandler } from './problem.ts';
import { type Route, allowed, expressPath } from './route.ts';
import { type RunServices, runRoutes } from './runs/routes.ts';
import { type StateServices, stateRoutes } from './state.ts';
import { NO_CONTENT } from './status.ts';

/** What the HTTP side works with. */
export interface HttpServices extends IngestaServices, StateServices, RunServices, HealthServices, DocsServices {
  readonly log: Logger;
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
  app.use(accessLog(services.log));
  app.use('/api', requireApiKey(services.apiKey), readBody);
  for (const { method, path, handle } of routes) app[method](expressPath(path), handle);
  // After all of them: one path may also be an example of another's pattern.
  for (const path of new Set(routes.map((route) => route.path))) app.all(expressPath(path), otherMethods(allowed(routes, path)));
  app.use((request, _response, next) => {
    const path = request.path.replace(/(.)\/$/, '$1');
    next(new GatewayError('ROUTE_NOT_FOUND', `there is nothing at ${path}; GET /api/ingesta lists the pipelines, /docs shows all there is`));
  });
  app.use(bodyProblem);
  app.use(problemHandler(services.log));
  return app;
}

function otherMethods(allow: string): express.RequestHandler {
  return (request, response, next) => {
    response.set('Allow', allow);
    if (request.method === 'OPTIONS') response.status(NO_CONTENT).end();
    else next(new GatewayError('METHOD_NOT_ALLOWED', `${request.path} takes ${allow}, not ${request.method}`));
  };
}

/** What the body reader throws (too long, bad encoding, cut off) as a problem of ours; and a path that is badly escaped. */
const bodyProblem: express.ErrorRequestHandler = (error: { type?: unknown; status?: unknown; message?: string }, _request, _response, next) => {
  const ofBody = typeof error.type === 'string' && typeof error.status === 'number' && error.status < 500;
  if (ofBody) return next(new GatewayError('BODY_INVALID', `the body can't be read: ${error.message}`, { cause: error }));
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
        { method, path: originalUrl.split('?')[0], status: response.statusCode, ms, ...(run === undefined ? {} : { run }), gone: !response.writableFinished },
        'request',
      );
    });
    next();
  };
}
