import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ask, run } from '../setup/command.ts';
import { bundle, writeBundle } from './bundle.ts';
import type { Target } from './targets.ts';

const CONTENT_LABEL = 'esclusa.content';
/** Not read by a bundled image's Dockerfile: what counts of them is in the bundle. */
const NOT_INPUT = ['src', 'assets', 'dist', 'node_modules'];

/** What became of an image. */
export interface Built {
  readonly target: Target;
  readonly built: boolean;
  readonly bytes: number;
  readonly seconds: number;
}

/** Builds an image, unless the one that is there was made of the very same content. */
export async function buildTarget(target: Target, base: string | undefined, revision: string): Promise<Built> {
  const started = performance.now();
  const bundled = target.bundled ? await bundle(target.folder) : undefined;
  const content = hashOf(target, [target.usesBase ? (base ?? '') : '', bundled?.hash ?? '']);
  const before = (await ask(['docker', 'image', 'inspect', '--format', `{{.Id}} {{index .Config.Labels "${CONTENT_LABEL}"}}`, target.image]))
    ?.trim()
    .split(' ');
  const unchanged = before?.[1] === content;
  // Also when unchanged: a clean clone on a host with the images wants its dist for a build by hand.
  if (bundled !== undefined) writeBundle(target.folder, bundled);
  if (!unchanged) {
    const labels = {
      ...(target.job === undefined ? {} : { 'esclusa.job': target.job }),
      [CONTENT_LABEL]: content,
      'org.opencontainers.image.title': target.name,
      'org.opencontainers.image.version': target.version,
      'org.opencontainers.image.revision': revision,
    };
    await run([
      'docker',
      'build',
      '--tag',
      target.image,
      ...(target.usesBase && base !== undefined ? ['--build-arg', `BASE_IMAGE=${base}`] : []),
      ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      target.folder,
    ]);
    // The one it replaces, if nothing else names it and no container runs on it: another prefix may share it.
    if (before?.[1] !== undefined) await ask(['docker', 'image', 'prune', '--force', '--filter', `label=${CONTENT_LABEL}=${before[1]}`]);
  }
  const bytes = Number(await run(['docker', 'image', 'inspect', '--format', '{{.Size}}', target.image]));
  return { target, built: !unchanged, bytes, seconds: (performance.now() - started) / 1000 };
}

function hashOf(target: Target, ingredients: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [target.name, target.version, target.job ?? '', ...ingredients]) hash.update(`${part}\0`);
  const files = readdirSync(target.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(target.folder, join(entry.parentPath, entry.name)))
    .filter((path) => !target.bundled || !NOT_INPUT.includes(path.split('/')[0] ?? ''));
  for (const path of files.toSorted())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(target.folder, path)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}
