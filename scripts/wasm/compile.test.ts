import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { MODULES, compile } from './compile.ts';

test.each(MODULES)('$target is what $source compiles to', async ({ source, target }) => {
  expect(readFileSync(new URL(`../../${target}`, import.meta.url), 'utf8')).toBe(await compile(source));
});
