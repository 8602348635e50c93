import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type HttpServices, allRoutes, createApp } from './app.ts';
import { openApiDocument } from './openapi/document.ts';
import { expressPath } from './route.ts';

/** What Express keeps of a route. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

// Nothing is asked here, so nothing stands behind.
const SERVICES = { log: pino({ level: 'silent' }), apiKey: undefined, version: '0' } as unknown as HttpServices;

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

  test('is made where there is no pipeline too', () => {
    expect(JSON.stringify(document.paths)).toContain('/api/ingesta/{pipeline}');
  });
});
