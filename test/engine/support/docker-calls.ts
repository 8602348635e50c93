/** The name of a call on the Docker Engine by the first line of its request: `create`, `start`, `attach`, `remove`, …; undefined for others than those on containers. */
export function dockerCallOf(head: string): string | undefined {
  const [, method, path] = /^([A-Z]+) (?:\/v[\d.]+)?(\/[^ ?]*)/.exec(head) ?? [];
  const [, , container, action] = path?.split('/') ?? [];
  if (path?.startsWith('/containers/') !== true || container === undefined) return undefined;
  if (container === 'json') return 'list';
  if (container === 'create') return 'create';
  if (action === undefined) return method === 'DELETE' ? 'remove' : undefined;
  return action === 'json' ? 'inspect' : action;
}
