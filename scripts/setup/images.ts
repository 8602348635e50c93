import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFile } from '../build/bundle.ts';
import { ask, type Log, run } from './command.ts';
import { withLock } from './lock.ts';
import { findNodeParts, layOutNode, type NodeParts } from './node-rootfs.ts';
import { type LoadedRecipe, loadRecipe, recipeHash } from './recipe.ts';
import { pull } from './registry.ts';
import { importDebian } from './rootfs.ts';

/** Images that the project takes from a registry or makes itself: one folder each in images/. */
export const IMAGE_NAMES = ['base', 'mariadb', 'mongodb', 'mysql', 'postgres', 's3'] as const;
/** Those, and the one that only the benchmark's peers run in. */
export type ImageName = (typeof IMAGE_NAMES)[number] | 'peers';

/** More would only wait for each other: unpacking uses a core, and two are what a small host has. */
const AT_ONCE = 2;

const made = new Map<string, Promise<string>>();
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Resolves with the reference of an image that is there: the one in ESCLUSA_<NAME>_IMAGE, else the official one where
 * the engine has or can pull it, else one that is built out of Debian's packages and kept until its recipe changes.
 */
export function ensureImage(name: ImageName, log: Log): Promise<string> {
  const present = made.get(name);
  if (present !== undefined) return present;
  const promise = inTurn(() => find(name, log));
  made.set(name, promise);
  // A failure is the caller's to see, but a later call may find a network that is back.
  promise.catch(() => made.delete(name));
  return promise;
}

async function find(name: ImageName, log: Log): Promise<string> {
  const variable = `ESCLUSA_${name.toUpperCase()}_IMAGE`;
  const wanted = process.env[variable];
  if (wanted !== undefined && wanted !== '') {
    if ((await exists(wanted)) || (await pull(wanted, log))) return wanted;
    throw new Error(`${variable} names ${wanted}, which the engine neither has nor can pull`);
  }
  const recipe = loadRecipe(name);
  if (recipe.official !== undefined && (await exists(recipe.official))) return recipe.official;
  const node = recipe.node === true ? await findNodeParts().catch((error: unknown) => error as Error) : undefined;
  const program = recipe.bundle === undefined ? undefined : await bundleFile(join(recipe.folder, recipe.bundle));
  const ingredients = [...(node === undefined || node instanceof Error ? [] : node.ingredients), ...(program === undefined ? [] : [hashOf(program)])];
  const tag = `esclusa-${name}:${recipeHash(recipe, ingredients)}`;
  if (!(node instanceof Error) && (await exists(tag))) return tag;
  if (recipe.official !== undefined && (await pull(recipe.official, log))) return recipe.official;
  if (node instanceof Error) throw node;
  await withLock(tag.replace(':', '-'), log, async () => {
    if (!(await exists(tag))) await build(recipe, { node, program }, tag, log);
  });
  return tag;
}

/** What goes into a build context beside the recipe's files. */
interface Made {
  readonly node: NodeParts | undefined;
  readonly program: Uint8Array | undefined;
}

async function build(recipe: LoadedRecipe, { node, program }: Made, tag: string, log: Log): Promise<void> {
  const started = performance.now();
  log(`building ${tag}`);
  const context = mkdtempSync(join(tmpdir(), `esclusa-image-${recipe.name}-`));
  // A name of this process's own, so that two that build the same never pull a system from under each other.
  const rootfs = `esclusa-${recipe.name}-rootfs:${process.pid}`;
  try {
    for (const [file, path] of recipe.files) copyFileSync(path, join(context, file));
    if (node !== undefined) await layOutNode(node, join(context, 'rootfs'));
    if (program !== undefined) writeFileSync(join(context, 'bundle.mjs'), program);
    if (recipe.rootfs !== undefined) {
      const { suite, packages } = recipe.rootfs;
      const pulled = recipe.rootfsFromRegistry === true && (await pull(`debian:${suite}-slim`, log));
      if (pulled) await dockerBuild(context, rootfs, { PACKAGES: packages.join(' ') }, 'Dockerfile.rootfs');
      else await importDebian(suite, packages, rootfs, log);
    }
    await dockerBuild(context, tag, recipe.rootfs === undefined ? {} : { ROOTFS: rootfs });
  } finally {
    rmSync(context, { recursive: true, force: true });
    if (recipe.rootfs !== undefined) {
      // Half a gigabyte that the image no longer refers to. What cannot be removed now is in use by another build.
      await ask(['docker', 'image', 'rm', rootfs]);
      await ask(['docker', 'image', 'prune', '--force', '--filter', `label=esclusa.stage=${recipe.name}`]);
    }
  }
  const bytes = Number(await run(['docker', 'image', 'inspect', '--format', '{{.Size}}', tag]));
  log(`built ${tag}: ${(bytes / 1e6).toFixed(0)} MB in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

async function dockerBuild(context: string, tag: string, parameters: Readonly<Record<string, string>>, file = 'Dockerfile'): Promise<void> {
  const options = Object.entries(parameters).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await run(['docker', 'build', '--tag', tag, '--file', join(context, file), ...options, context]);
}

function hashOf(program: Uint8Array): string {
  return createHash('sha256').update(program).digest('hex');
}

async function exists(image: string): Promise<boolean> {
  return (await ask(['docker', 'image', 'inspect', '--format', '{{.Id}}', image])) !== undefined;
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}
