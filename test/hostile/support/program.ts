import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileCache } from '../../support/stack.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;

/** How the gateway's image starts it: arguments of Node and environment. */
export interface Program {
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

let made: Program | undefined;

/** The gateway as its image has it: bundled, with the flags of its Dockerfile. Memory is measured on nothing else. */
export function gatewayProgram(): Program {
  if (made !== undefined) return made;
  const folder = join(dirname(compileCache()), `gateway-${process.pid}`);
  execFileSync(process.execPath, [join(ROOT, 'test/hostile/support/bundle-gateway.ts'), folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const dockerfile = readFileSync(join(ROOT, 'gateway/Dockerfile'), 'utf8');
  const [, entry = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, arenas = '1'] = /MALLOC_ARENA_MAX=(\d+)/.exec(dockerfile) ?? [];
  const parameters = (JSON.parse(entry) as string[]).slice(1).map((word) => (word === '/app/main.js' ? join(folder, 'main.js') : word));
  made = { parameters, environment: { MALLOC_ARENA_MAX: arenas, NODE_ENV: 'production' } };
  return made;
}
