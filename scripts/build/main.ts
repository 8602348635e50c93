import { parseArgs } from 'node:util';
import { ask } from '../setup/command.ts';
import { ensureDocker } from '../setup/docker.ts';
import { ensureImage } from '../setup/images.ts';
import { type Built, buildTarget } from './build-target.ts';
import { findTargets, type Target } from './targets.ts';

const HELP = `Builds the images of the jobs and of the gateway; what has not changed is left alone.

Usage: ./build-images.sh [--jobs DIR] [NAME ...]
  NAME         a job (its folder's name) or "gateway"; without any, all of them
  --jobs DIR   where the jobs are (jobs/)
  --help       this text

IMAGE_PREFIX (pharmavida-ingesta) begins the names of jobs' images. ESCLUSA_BASE_IMAGE names what they are built on, by
default node:24-bookworm-slim or, where no registry answers, an image made of this host's packages.`;
const EX_USAGE = 64;

const log = (line: string): void => console.error(`build-images: ${line}`);

class UsageError extends Error {}

function parse(): { targets: Target[] } | 'help' {
  let options: { jobs?: string | undefined; help?: boolean | undefined };
  let names: string[];
  try {
    ({ values: options, positionals: names } = parseArgs({ options: { jobs: { type: 'string' }, help: { type: 'boolean' } }, allowPositionals: true }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (options.help === true) return 'help';
  const known = findTargets(options.jobs);
  const unknown = names.filter((name) => !known.some((target) => target.name === name));
  if (unknown.length > 0) throw new UsageError(`no job named ${unknown.join(', ')}; there are: ${known.map(({ name }) => name).join(', ')}`);
  return { targets: names.length === 0 ? known : known.filter(({ name }) => names.includes(name)) };
}

function report({ target, built, bytes, seconds }: Built): void {
  const size = `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(`${target.image.padEnd(40)} ${size.padStart(8)} ${seconds.toFixed(1).padStart(6)} s  ${built ? 'built' : 'unchanged'}`);
}

async function main(): Promise<void> {
  const wanted = parse();
  if (wanted === 'help') return console.log(HELP);
  await ensureDocker(log);
  const base = wanted.targets.some(({ usesBase }) => usesBase) ? await ensureImage('base', log) : undefined;
  const revision = (await ask(['git', 'rev-parse', 'HEAD'], { cwd: import.meta.dirname }))?.trim() ?? 'unknown';
  const results = await Promise.allSettled(wanted.targets.map(async (target) => report(await buildTarget(target, base, revision))));
  const failed = results.flatMap((result, index) =>
    result.status === 'rejected' ? [`${wanted.targets[index]?.name}: ${(result.reason as Error).message}`] : [],
  );
  if (failed.length > 0) throw new Error(failed.join('\nbuild-images: '));
}

try {
  await main();
} catch (error) {
  console.error(`build-images: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? EX_USAGE : 1;
}
