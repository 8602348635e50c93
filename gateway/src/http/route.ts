import type { JobErrorCode } from '@esclusa/contract';
import type { RequestHandler } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { GatewayErrorCode } from '../errors.ts';

/** What the document tells of this very gateway, at the moment it is asked for. */
export interface Known {
  /** Names of the pipelines. */
  readonly pipelines: readonly string[];
}

/** An operation as the OpenAPI document has it; problem documents and security are added from `problems` and the path. */
export interface Operation extends ZodOpenApiOperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: string[];
  /** Every code that it may be answered with, but those that any request may get. */
  readonly problems: readonly (GatewayErrorCode | JobErrorCode)[];
}

/** One method on one path: what it does and what is said of it, side by side, so that neither can do without the other. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** With parameters as OpenAPI writes them: `/api/ingesta/{pipeline}`. */
  readonly path: string;
  readonly handle: RequestHandler;
  readonly describe: (known: Known) => Operation;
}

/** Whether a path asks for the API key, if there is one. */
export function needsKey(path: string): boolean {
  return path.startsWith('/api/') || path === '/ready';
}

/** A path as Express writes it: `/api/ingesta/:pipeline`. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** The methods that a path takes, as `Allow` lists them. */
export function allowed(routes: readonly Route[], path: string): string {
  const methods = routes.filter((route) => route.path === path).flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return [...methods, 'OPTIONS'].join(', ');
}
