import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { TestGateway } from './gateway.ts';

/** The parts of an OpenAPI document that answers are held to. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, DocumentedResponse>>; readonly securitySchemes: Readonly<Record<string, unknown>> };
}
interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: { readonly enum?: readonly string[] } }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>> };
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}
interface DocumentedResponse {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>>;
}

/** An answer as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Holds answers to the OpenAPI document that a gateway serves: path, method, status, content type, headers and every member. */
export class Documented {
  readonly document: OpenApi;
  /** What was seen so far: `GET /health 200`. */
  readonly seen = new Set<string>();
  readonly #gateway: TestGateway;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

  private constructor(gateway: TestGateway, document: OpenApi) {
    this.#gateway = gateway;
    this.document = document;
    this.#ajv.addSchema({ ...document, $id: 'openapi' });
  }

  static async of(gateway: TestGateway): Promise<Documented> {
    const response = await fetch(`${gateway.url}/openapi.json`);
    return new Documented(gateway, (await response.json()) as OpenApi);
  }

  /** Sends a request and throws when its answer is not as documented. */
  async request(method: string, path: string, init: RequestInit = {}): Promise<Received> {
    const response = await fetch(this.#gateway.url + path, { method, ...init });
    const received = { method, path, status: response.status, headers: response.headers, text: await response.text() };
    this.check(received);
    return received;
  }

  /** Throws when an answer is not as documented. */
  check({ method, path, status, headers, text }: Received): void {
    const { key, response } = this.#find(method, path, status);
    if (response === undefined) throw new Error(`${method} ${path} answered ${status}, which is not documented: ${text.slice(0, 500)}`);
    this.seen.add(`${key} ${status}`);
    for (const [name, { required }] of Object.entries(response.headers ?? {})) {
      if (required === true && !headers.has(name)) throw new Error(`${method} ${path} ${status} has no header ${name}`);
    }
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const content = response.content?.[type];
    if (content === undefined && text === '' && response.content === undefined) return;
    if (content === undefined)
      throw new Error(`${method} ${path} ${status} is of type "${type}"; documented are ${Object.keys(response.content ?? {}).join(', ')}`);
    const body: unknown = type.endsWith('json') ? JSON.parse(text) : text;
    const validate = this.#validator(content.schema);
    if (!validate(body)) throw new Error(`${method} ${path} ${status} is not as documented: ${this.#ajv.errorsText(validate.errors)}\n${text.slice(0, 2_000)}`);
  }

  #find(method: string, path: string, status: number): { key: string; response: DocumentedResponse | undefined } {
    const bare = (path.split('?')[0] ?? '').replace(/(.)\/$/, '$1');
    const { paths, components } = this.document;
    // A path that is written out comes before one with parameters.
    const matches = Object.keys(paths)
      .toSorted((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
      .filter((pattern) => new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare));
    const [first] = matches;
    if (first === undefined) return { key: '(no path)', response: status === 404 ? components.responses['RouteNotFound'] : undefined };
    const pattern = matches.find((one) => paths[one]?.[method.toLowerCase()] !== undefined);
    if (pattern === undefined) return { key: `(no method) ${first}`, response: status === 405 ? components.responses['MethodNotAllowed'] : undefined };
    const response = paths[pattern]?.[method.toLowerCase()]?.responses[status];
    // A response that is the same everywhere is written once, among the components.
    const shared = response?.$ref === undefined ? response : components.responses[response.$ref.split('/').at(-1) ?? ''];
    return { key: `${method} ${pattern}`, response: shared };
  }

  #validator(schema: object): ValidateFunction {
    // References point into the document.
    const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
    return this.#ajv.compile(JSON.parse(text) as object);
  }
}
