import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { LEAN, UNUSED } from './lean.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Programs that run beside the gateway's main thread, each in a file of its own. */
const GATEWAY_WORKERS = ['pipelines/schema-worker'];

const isMap = (name: string): boolean => name.endsWith('.map');

/** A program with all that it imports, not yet written. */
export interface Bundle {
  /** Content of each file that belongs into `dist/`, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Source maps, by name. */
  readonly maps: ReadonlyMap<string, Uint8Array>;
  /** Changes when, and only when, a file in `dist/` would. */
  readonly hash: string;
}

/** Bundles `<folder>/src/main.ts` with all that it imports: `main.js`, of a job a file each for what it imports only when it needs it, of the gateway one for each thread. */
export async function bundle(folder: string): Promise<Bundle> {
  const isGateway = basename(folder) === 'gateway';
  const source = (name: string): string => join(folder, 'src', `${name}.ts`);
  const { outputs, packages } = await bundled([source('main'), ...(isGateway ? GATEWAY_WORKERS.map(source).filter((path) => existsSync(path)) : [])], {
    // What a job has no use for is not even read: that is a sixth of its start (docs/decisions.md).
    splitting: !isGateway,
    // A job's libraries may need any encoding, and TLS to any server; a gateway lives long and rests most of the time.
    plugins: isGateway ? LEAN : UNUSED,
  });
  const files = new Map([
    ...[...outputs].filter(([name]) => !isMap(name)),
    // Without it, Node would parse the file twice to find out that it is an ES module.
    ['package.json', Buffer.from('{"type":"module"}\n')] as const,
    ...packages.flatMap(assets),
  ]);
  const hash = createHash('sha256');
  for (const [name, content] of files) hash.update(name).update(content);
  return { files, maps: new Map([...outputs].filter(([name]) => isMap(name))), hash: hash.digest('hex') };
}

/** Bundles a program of any name with all that it imports; resolves with the one file that it becomes. */
export async function bundleFile(entry: string): Promise<Uint8Array> {
  const { outputs } = await bundled([entry], { splitting: false, plugins: UNUSED });
  const [, content] = [...outputs].find(([name]) => !isMap(name)) ?? [];
  if (content === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return content;
}

interface Bundled {
  readonly outputs: ReadonlyMap<string, Uint8Array>;
  /** Folders of our own packages that it is made of. */
  readonly packages: readonly string[];
}

async function bundled(entries: readonly [string, ...string[]], options: { readonly splitting: boolean; readonly plugins: Plugin[] }): Promise<Bundled> {
  const result = await build({
    ...options,
    entryPoints: [...entries],
    outdir: join(dirname(entries[0]), 'dist'),
    metafile: true,
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    // The ES module of a package that has both: of those, only what is used gets in.
    mainFields: ['module', 'main'],
    // Entry files await at their top level, which only ES modules may.
    format: 'esm',
    // An ES module has no require of its own, which bundled CommonJS packages use for Node's built-in modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;',
    },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'external',
    logLevel: 'silent',
  });
  const packages = Object.keys(result.metafile.inputs).map((path) => /^(gateway|jobs\/[^/]+)\/src\//.exec(path)?.[1]);
  return {
    outputs: new Map(result.outputFiles.map(({ path, contents }) => [basename(path), contents])),
    packages: [...new Set(packages)].filter((folder) => folder !== undefined).map((folder) => join(ROOT, folder)),
  };
}

/** The files that a package.json lists under `assets`, by name: its own by path, others by package. The program reads them from `assets/` beside it. */
function assets(folder: string): [name: string, content: Uint8Array][] {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return [];
  const { assets: listed = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { assets?: Record<string, string> };
  const pathOf = (source: string): string => (source.startsWith('./') ? join(folder, source) : createRequire(manifest).resolve(source));
  return Object.entries(listed).map(([name, source]) => [`assets/${name}`, readFileSync(pathOf(source))]);
}

/** Writes a bundle to `<folder>/dist`, and its source maps to `.cache/maps/<name>`, outside of every image. */
export function writeBundle(folder: string, { files, maps }: Bundle): void {
  const dist = join(folder, 'dist');
  const mapped = join(ROOT, '.cache/maps', basename(folder));
  for (const each of [dist, mapped]) {
    rmSync(each, { recursive: true, force: true });
    mkdirSync(each, { recursive: true });
  }
  for (const [name, content] of files) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(join(dist, name), content);
  }
  for (const [name, map] of maps) writeFileSync(join(mapped, name), map);
}
