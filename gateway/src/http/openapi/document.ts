import { type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, createDocument } from 'zod-openapi';
import { type Known, type Route, needsKey } from '../route.ts';
import { problemSchema } from '../schemas/index.ts';
import { RUN_HEADER, problemResponse, problemResponses } from './problems.ts';

const DESCRIPTION = `One POST starts one ephemeral container that extracts one database to files in S3, and answers with JSON.

Every answer that is no success is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable \`code\`.
An unknown path is 404 \`ROUTE_NOT_FOUND\`, a method that a path does not take 405 \`METHOD_NOT_ALLOWED\` with \`Allow\`.
\`HEAD\` is answered wherever \`GET\` is; \`OPTIONS\` lists the methods; a slash at the end of a path makes no difference.`;

const TAGS = [
  { name: 'ingesta', description: 'Running pipelines.' },
  { name: 'runs', description: 'What became of a run.' },
  { name: 'health', description: 'Whether runs could succeed now.' },
  { name: 'documentation', description: 'This document, and pages to read it with.' },
];

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
      responses: { RouteNotFound: problemResponse(['ROUTE_NOT_FOUND']), MethodNotAllowed: problemResponse(['METHOD_NOT_ALLOWED']) },
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
  return { ...rest, security: keyed ? security : [], responses: { ...failures, ...responses } };
}
