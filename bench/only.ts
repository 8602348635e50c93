import { SOURCE_NAMES } from './sources/source.ts';

/** What `--only` knows: the sources, the start of runs, and the gateway under very many of them. */
export const PARTS = [...SOURCE_NAMES, 'start', 'gateway'] as const;
export type Part = (typeof PARTS)[number];

/** Reads `--only`: names with commas between them, all when it is not given; throws a sentence that names what it does not know. */
export function partsOf(only: string | undefined): Part[] {
  if (only === undefined) return [...PARTS];
  const wanted = only.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`--only: there is no ${unknown.map((name) => `"${name}"`).join(', ')}; there are: ${PARTS.join(', ')}`);
  return PARTS.filter((part) => wanted.includes(part));
}
