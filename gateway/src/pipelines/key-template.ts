// What a pipeline may say of its keys (`destination`); runs/stamp.ts makes the keys.

/** What a template of keys may hold, each in braces. */
export const PLACEHOLDERS = ['pipeline', 'dataset', 'date', 'time', 'run'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** One placeholder, with its name. */
export const PLACEHOLDER = /\{([^{}]*)\}/g;

/** What is wrong with a template and what mends it; undefined when nothing is. */
export function templateProblem(template: string): string | undefined {
  const names = placeholdersIn(template);
  const unknown = [...names].filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
  if (unknown.length > 0) return `there is no placeholder ${inBraces(unknown)}; there are ${inBraces(PLACEHOLDERS)}`;
  const literal = template.replaceAll(PLACEHOLDER, 'x');
  if (/[{}]/.test(literal)) return 'a brace stands alone; a placeholder is written {dataset}, and a key has no other braces';
  // What placeholders stand for begins with a letter, a digit or "_", so the text around them is all that can be wrong.
  const path = pathProblem(literal);
  if (path !== undefined) return path;
  if (!names.has('dataset')) return 'needs {dataset}: each dataset has a file of its own';
  if (!names.has('run') && !isTimed(names)) return 'needs {run}, or both {date} and {time}: else two runs would have one key, and nothing is ever overwritten';
  return undefined;
}

/** What is wrong with a key, or the first part of one, and what mends it; undefined when nothing is. */
export function pathProblem(path: string): string | undefined {
  if (path.includes('://')) return 'is a key and no URL: leave out "s3://" and the bucket, which AWS_BUCKET_NAME names';
  if (path.includes('\\')) return 'has a backslash; parts are divided by "/"';
  if (/[\s\p{Cc}]/u.test(path)) return 'has a space or a control character, which many tools do not take in a key; use "_" or "-"';
  if (path.startsWith('/') || path.endsWith('/')) return 'has a "/" at its beginning or end; leave it out';
  const parts = path.split('/');
  if (parts.includes('')) return path === '' ? 'is empty; leave the field out for the default' : 'has an empty part ("//"); write one "/"';
  const bad = parts.find((part) => /^[.~]/.test(part));
  if (bad === undefined) return undefined;
  return `has the part "${bad}": a part must not begin with "." or "~", which tools take for paths and hidden files; begin it with a letter, a digit or "_"`;
}

function inBraces(names: readonly string[]): string {
  return names.map((name) => `{${name}}`).join(', ');
}

/** Names of the placeholders in a template. */
export function placeholdersIn(template: string): Set<string> {
  return new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name = '']) => name));
}

/** Whether placeholders tell two seconds apart. */
export function isTimed(names: ReadonlySet<string>): boolean {
  return names.has('date') && names.has('time');
}
