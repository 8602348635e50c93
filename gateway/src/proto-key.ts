/**
 * Returns the path to a key named `__proto__` in a value that was parsed; undefined if there is none. Schemas and copies drop
 * such a key without a word, so whoever wrote it has to be told. The value must not be deeper than the stack.
 */
export function protoKeyIn(value: unknown, seen: Set<unknown> = new Set()): string[] | undefined {
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  // A value that an alias of YAML repeats is examined once.
  seen.add(value);
  if (Object.hasOwn(value, '__proto__')) return ['__proto__'];
  for (const [key, inner] of Object.entries(value)) {
    const found = protoKeyIn(inner, seen);
    if (found !== undefined) return [key, ...found];
  }
  return undefined;
}
