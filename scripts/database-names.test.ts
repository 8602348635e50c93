import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const SOURCES = new URL('../gateway/src/', import.meta.url);

test("the gateway's sources name no database, but in the examples that its document shows to people", () => {
  const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const naming = sources.filter((file) => /postgres|mysql|mongo/i.test(readFileSync(new URL(file, SOURCES), 'utf8')));
  expect(naming).toEqual(['http/openapi/examples.ts']);
});
