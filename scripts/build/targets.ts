import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = new URL('../..', import.meta.url).pathname;
const GATEWAY = 'gateway';

/** A folder that becomes an image. */
export interface Target {
  readonly name: string;
  readonly folder: string;
  readonly image: string;
  /** job.json in one line; undefined for the gateway. */
  readonly job: string | undefined;
  readonly version: string;
  /** Whether `src/main.ts` has to be bundled before the build. */
  readonly bundled: boolean;
  readonly usesBase: boolean;
}

/** Every folder of `jobs` with a Dockerfile and a job.json, and the gateway. */
export function findTargets(jobs = join(ROOT, 'jobs')): Target[] {
  if (!existsSync(jobs)) throw new Error(`no folder ${jobs}`);
  const names = readdirSync(jobs, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const found = names.filter((name) => existsSync(join(jobs, name, 'Dockerfile')) && existsSync(join(jobs, name, 'job.json')));
  return [...found.map((name) => describe(name, resolve(jobs, name), true)), describe(GATEWAY, join(ROOT, GATEWAY), false)];
}

/** The one rule for names of images; the gateway's twin is gateway/src/engine/docker/image-name.ts. */
function imageOf(name: string, isJob: boolean): string {
  return isJob ? `${process.env['IMAGE_PREFIX'] || 'pharmavida-ingesta'}-${name}:latest` : `esclusa-${name}:latest`;
}

function describe(name: string, folder: string, isJob: boolean): Target {
  const manifest = join(folder, 'package.json');
  const version = existsSync(manifest) ? ((JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }).version ?? '0') : '0';
  return {
    name,
    folder,
    image: imageOf(name, isJob),
    job: isJob ? readJob(name, join(folder, 'job.json')) : undefined,
    version,
    bundled: existsSync(join(folder, 'src/main.ts')),
    usesBase: readFileSync(join(folder, 'Dockerfile'), 'utf8').includes('BASE_IMAGE'),
  };
}

function readJob(name: string, file: string): string {
  let job: { name?: unknown };
  try {
    job = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (job.name !== name) throw new Error(`${file} has the name ${JSON.stringify(job.name)}: it must be that of its folder, ${JSON.stringify(name)}`);
  return JSON.stringify(job);
}
