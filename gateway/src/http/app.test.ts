import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type HttpServices, allRoutes, createApp } from './app.ts';
import { httpBounds } from './bounds.ts';
import { openApiDocument } from './openapi/document.ts';
import { expressPath } from './route.ts';

/** What Express keeps of a route. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** The part of a JSON Schema that is looked at. */
interface Schema {
  readonly description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

// Nothing is asked here, so nothing stands behind.
const SERVICES = { log: pino({ level: 'silent' }), apiKey: undefined, version: '0', bounds: httpBounds(1) } as unknown as HttpServices;

describe('the OpenAPI document', () => {
  const { router } = createApp(SERVICES) as unknown as { router: { stack: readonly Layer[] } };
  // The refusals of other methods stand on every method of a path.
  const inExpress = router.stack.flatMap(({ route }) => {
    const methods = Object.keys(route?.methods ?? {});
    return route !== undefined && methods.length === 1 ? [`${methods[0]} ${route.path}`] : [];
  });
  const document = openApiDocument(allRoutes(SERVICES), { version: '0', hasKey: true, known: { pipelines: [] } });
  const documented = Object.entries(document.paths ?? {}).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${expressPath(path)}`));

  test('has every route of the application, and no other', () => {
    expect(documented.toSorted()).toEqual(inExpress.toSorted());
    expect(documented.length).toBeGreaterThan(8);
  });

  test('says something of every field', () => {
    const silent: string[] = [];
    const look = (path: string, schema: Schema): void => {
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        if (property.description === undefined && property.$ref === undefined) silent.push(`${path}.${name}`);
        look(`${path}.${name}`, property);
      }
      for (const inner of [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
        if (typeof inner === 'object') look(path, inner);
      }
    };
    const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>);
    for (const [name, schema] of schemas) look(name, schema);
    expect(silent).toEqual([]);
    expect(schemas.length).toBeGreaterThan(5);
  });

  test('is made where there is no pipeline too', () => {
    expect(JSON.stringify(document.paths)).toContain('/api/ingesta/{pipeline}');
  });
});
