import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { LEAN, UNUSED } from './lean.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** A program in one file, not yet written. */
export interface Bundle {
  /** Content of each file that belongs into `dist/`, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly map: Uint8Array;
  /** Changes when, and only when, a file in `dist/` would. */
  readonly hash: string;
}

/** Bundles `<folder>/src/main.ts` with all that it imports. */
export async function bundle(folder: string): Promise<Bundle> {
  // A job's libraries may need any encoding, and TLS to any server; a gateway lives long and rests most of the time.
  const plugins = basename(folder) === 'gateway' ? LEAN : UNUSED;
  const output = await bundled(join(folder, 'src/main.ts'), join(folder, 'dist/main.js'), plugins);
  const files = new Map([
    ['main.js', output('main.js')],
    // Without it, Node would parse the file twice to find out that it is an ES module.
    ['package.json', Buffer.from('{"type":"module"}\n')],
    ...assets(folder),
  ]);
  const hash = createHash('sha256');
  for (const [name, content] of files) hash.update(name).update(content);
  return { files, map: output('main.js.map'), hash: hash.digest('hex') };
}

/** Bundles a program of any name with all that it imports; resolves with the one file that it becomes. */
export async function bundleFile(entry: string): Promise<Uint8Array> {
  return (await bundled(entry, `${entry}.bundle.mjs`, UNUSED))('.bundle.mjs');
}

async function bundled(entry: string, outfile: string, plugins: Plugin[]): Promise<(name: string) => Uint8Array> {
  const result = await build({
    entryPoints: [entry],
    outfile,
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
    plugins,
  });
  return (name) => {
    const file = result.outputFiles.find(({ path }) => path.endsWith(name));
    if (file === undefined) throw new Error(`esbuild made no ${name} of ${entry}`);
    return file.contents;
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

/** Writes a bundle to `<folder>/dist`, and its source map to `.cache/maps`, outside of every image. */
export function writeBundle(folder: string, { files, map }: Bundle): void {
  const dist = join(folder, 'dist');
  const maps = join(ROOT, '.cache/maps');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  mkdirSync(maps, { recursive: true });
  for (const [name, content] of files) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(join(dist, name), content);
  }
  writeFileSync(join(maps, `${basename(folder)}.js.map`), map);
}
