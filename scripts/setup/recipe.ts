import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder with one folder per image. */
export const IMAGES = new URL('../../images/', import.meta.url).pathname;

/** What `recipe.json` in an image's folder says. */
export interface Recipe {
  /** Image to take where a registry answers. */
  readonly official?: string;
  /** Packages of a Debian suite that the Dockerfile starts from, as the image named by its ROOTFS. */
  readonly rootfs?: { readonly suite: string; readonly packages: readonly string[] };
  /** `Dockerfile.rootfs` makes that system where a registry answers. */
  readonly rootfsFromRegistry?: boolean;
  /** The Dockerfile starts from Node and its libraries, laid out in `rootfs/`. */
  readonly node?: boolean;
  /** A program in the image's folder that is bundled, with the packages that it imports, into `bundle.mjs` of the build context. */
  readonly bundle?: string;
  /** Files in images/ itself that go into the context too. */
  readonly sharedFiles?: readonly string[];
}

/** A recipe with its files. */
export interface LoadedRecipe extends Recipe {
  readonly name: string;
  readonly folder: string;
  /** Path of each file of the build context, by its name there. */
  readonly files: ReadonlyMap<string, string>;
}

/** Names of all images that have a recipe. */
export function recipeNames(): string[] {
  return readdirSync(IMAGES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** Reads an image's recipe; throws, with the names there are, if there is none. */
export function loadRecipe(name: string): LoadedRecipe {
  if (!recipeNames().includes(name)) throw new Error(`no image named ${name}; there are: ${recipeNames().join(', ')}`);
  const folder = join(IMAGES, name);
  const recipe = JSON.parse(readFileSync(join(folder, 'recipe.json'), 'utf8')) as Recipe;
  const own = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const files = new Map(own.map(({ name: file }) => [file, join(folder, file)]));
  for (const file of recipe.sharedFiles ?? []) files.set(file, join(IMAGES, file));
  return { ...recipe, name, folder, files };
}

/** Code that decides, beside the recipe's own files, what is in an image. */
const NODE_MAKER = join(import.meta.dirname, 'node-rootfs.ts');
const DEBIAN_MAKER = join(import.meta.dirname, 'rootfs.ts');

/** Short hash of a recipe's files and of what else the image is made of. */
export function recipeHash(recipe: LoadedRecipe, ingredients: readonly string[]): string {
  const hash = createHash('sha256');
  for (const [name, path] of [...recipe.files].toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${name}\0`).update(readFileSync(path)).update('\0');
  if (recipe.node === true) hash.update(readFileSync(NODE_MAKER));
  if (recipe.rootfs !== undefined) hash.update(readFileSync(DEBIAN_MAKER));
  for (const ingredient of ingredients) hash.update(`${ingredient}\0`);
  return hash.digest('hex').slice(0, 12);
}
