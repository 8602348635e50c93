import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { requireApiKey } from './auth.ts';
import { readBody } from './body.ts';
import { type HealthServices, health } from './health.ts';
import { type IngestaServices, ingestaRoutes } from './ingesta.ts';
import { problemHandler } from './problem.ts';

/** What the HTTP side works with. */
export interface HttpServices extends IngestaServices, HealthServices {
  readonly apiKey: string | undefined;
  readonly log: Logger;
}

const METHODS: Readonly<Record<string, string>> = { '/health': 'GET', '/api/ingesta': 'GET', '/api/ingesta/health': 'GET' };

/** The Express application: routes, authentication, and problem documents for everything that goes wrong. */
export function createApp(services: HttpServices): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(accessLog(services.log));
  app.get('/health', health(services));
  app.use('/api', requireApiKey(services.apiKey), readBody);
  app.use('/api/ingesta', ingestaRoutes(services));
  app.use((request, response, next) => {
    const path = request.path.replace(/(.)\/$/, '$1');
    const allowed = METHODS[path] ?? (/^\/api\/ingesta\/[^/]+$/.test(path) ? 'POST' : undefined);
    if (allowed === undefined) return next(new GatewayError('ROUTE_NOT_FOUND', `there is nothing at ${path}; GET /api/ingesta lists the pipelines`));
    response.set('Allow', allowed);
    next(new GatewayError('METHOD_NOT_ALLOWED', `${path} takes ${allowed}, not ${request.method}`));
  });
  app.use(bodyProblem);
  app.use(problemHandler(services.log));
  return app;
}

/** What the body reader throws (too long, bad encoding, cut off) as a problem of ours. */
const bodyProblem: express.ErrorRequestHandler = (error: { type?: unknown; status?: unknown; message?: string }, _request, _response, next) => {
  const ofBody = typeof error.type === 'string' && typeof error.status === 'number' && error.status < 500;
  next(ofBody ? new GatewayError('BODY_INVALID', `the body can't be read: ${error.message}`, { cause: error }) : error);
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
