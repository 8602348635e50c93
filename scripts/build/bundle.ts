import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = new URL('../..', import.meta.url).pathname;

/**
 * What dockerode brings for engines reached by SSH and for BuildKit sessions, none of which the gateway uses: a third of
 * a megabyte of code and a native add-on. Calling it fails with a sentence.
 */
const LEFT_OUT = ['ssh2', 'cpu-features', '@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'];

const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    const filter = new RegExp(`^(${LEFT_OUT.join('|')})(/.*)?$`);
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      // Reading properties and deriving classes happen at load time and must pass; calls must not.
      contents: `
        const refuse = () => { throw new Error(${JSON.stringify(`${path} is left out of this bundle (scripts/build/bundle.ts); use a Docker host reached by a socket or TCP`)}); };
        const stub = new Proxy(function () {}, {
          get: (target, name) => (name === '__esModule' ? undefined : name === 'prototype' ? target.prototype : stub),
          apply: refuse,
          construct: refuse,
        });
        module.exports = stub;`,
    }));
  },
};

/** zod carries its messages in forty languages, all of which a namespace export keeps in; English is the one we set. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /node_modules\/zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
};

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
  const output = await bundled(join(folder, 'src/main.ts'), join(folder, 'dist/main.js'));
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
  return (await bundled(entry, `${entry}.bundle.mjs`))('.bundle.mjs');
}

async function bundled(entry: string, outfile: string): Promise<(name: string) => Uint8Array> {
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
    plugins: [leaveOut, englishOnly],
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
