import { type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, createDocument } from 'zod-openapi';
import { type Known, type Route, needsKey } from '../route.ts';
import { problemSchema } from '../schemas/index.ts';
import { statusOf } from '../status.ts';
import { RUN_HEADER, problemResponse, problemResponses } from './problems.ts';

const DESCRIPTION = `One POST starts one ephemeral container that extracts one database to files in S3, and answers with JSON.

Every answer that is no success is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable \`code\`.
An unknown path is 404 \`ROUTE_NOT_FOUND\`, a method that a path does not take 405 \`METHOD_NOT_ALLOWED\` with \`Allow\`.
\`HEAD\` is answered wherever \`GET\` is; \`OPTIONS\` lists the methods; a slash at the end of a path makes no difference.

What is no request that can be read is 400 \`REQUEST_MALFORMED\`, 408 \`REQUEST_TIMED_OUT\` or 431 \`HEADERS_TOO_LARGE\`.
Pages of other places are refused (403 \`ORIGIN_NOT_ALLOWED\`, 421 \`HOST_NOT_ALLOWED\`) unless CORS_ORIGINS and ALLOWED_HOSTS name them.`;

const TAGS = [
  { name: 'ingesta', description: 'Running pipelines.' },
  { name: 'runs', description: 'What became of a run.' },
  { name: 'health', description: 'Whether runs could succeed now.' },
  { name: 'documentation', description: 'This document, and pages to read it with.' },
];

const response = (name: string): { $ref: string } => ({ $ref: `#/components/responses/${name}` });
// The same everywhere, so that they are written once.
const ANYWHERE = { [statusOf('ORIGIN_NOT_ALLOWED')]: response('OriginNotAllowed'), [statusOf('HOST_NOT_ALLOWED')]: response('HostNotAllowed') };
const WITH_BODY = { [statusOf('BODY_TOO_LARGE')]: response('BodyTooLarge'), [statusOf('MEDIA_TYPE_UNSUPPORTED')]: response('MediaTypeUnsupported') };

/** What the document is made for. */
export interface DocumentOptions {
  readonly version: string;
  /** Whether this gateway asks for a key. */
  readonly hasKey: boolean;
  readonly known: Known;
}

/** The OpenAPI document of the routes. */
export function openApiDocument(routes: readonly Route[], { version, hasKey, known }: DocumentOptions): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route, hasKey, known) };
  return createDocument({
    openapi: '3.1.1',
    info: { title: 'Esclusa', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'This gateway.' }],
    tags: TAGS,
    paths,
    components: {
      schemas: { Problem: problemSchema },
      headers: { 'Esclusa-Run': RUN_HEADER },
      // Answers to requests that no path or method below describes.
      responses: {
        RouteNotFound: problemResponse(['ROUTE_NOT_FOUND']),
        MethodNotAllowed: problemResponse(['METHOD_NOT_ALLOWED']),
        OriginNotAllowed: problemResponse(['ORIGIN_NOT_ALLOWED']),
        HostNotAllowed: problemResponse(['HOST_NOT_ALLOWED']),
        BodyTooLarge: problemResponse(['BODY_TOO_LARGE']),
        MediaTypeUnsupported: problemResponse(['MEDIA_TYPE_UNSUPPORTED']),
        // Before a route is known.
        RequestMalformed: problemResponse(['REQUEST_MALFORMED']),
        RequestTimedOut: problemResponse(['REQUEST_TIMED_OUT']),
        HeadersTooLarge: problemResponse(['HEADERS_TOO_LARGE']),
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The API key as `Authorization: Bearer …`.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same key in a header of its own.' },
      },
    },
  });
}

function operation(route: Route, hasKey: boolean, known: Known): ZodOpenApiOperationObject {
  const { problems, responses, ...rest } = route.describe(known);
  const keyed = needsKey(route.path);
  const ofRun = route.method === 'post';
  // What any request may get: a body too long or cut off, the key, and what nobody foresaw.
  const always = keyed ? (['BODY_INVALID', 'UNAUTHORIZED', 'INTERNAL'] as const) : (['INTERNAL'] as const);
  const failures = problemResponses([...new Set([...problems, ...always])], ofRun);
  const security = [{ bearer: [] }, { apiKey: [] }, ...(hasKey ? [] : [{}])];
  const shared = keyed ? { ...ANYWHERE, ...WITH_BODY } : ANYWHERE;
  return { ...rest, security: keyed ? security : [], responses: { ...failures, ...shared, ...responses } };
}
