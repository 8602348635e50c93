import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_IMAGE_PREFIX } from '../../support/stack.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
const EVIL = join(ROOT, 'test/hostile/jobs/evil');

/** Properties that a variant of the hostile job's image has of its own. */
export interface Variant {
  /** Lines of its Dockerfile before the ENTRYPOINT. */
  readonly lines?: readonly string[];
  /** Variables that its job.json asks for. */
  readonly environment?: readonly { readonly name: string; readonly secret: boolean }[];
  /** JSON Schema of its datasets. */
  readonly datasets?: object;
}

/** Builds the hostile job's image, and its variants as `evil-<name>`. */
export function buildImages(variants: Readonly<Record<string, Variant>> = {}): void {
  const folder = mkdtempSync(join(tmpdir(), 'esclusa-hostile-jobs-'));
  try {
    cpSync(EVIL, join(folder, 'evil'), { recursive: true });
    for (const [name, variant] of Object.entries(variants)) writeVariant(folder, `evil-${name}`, variant);
    const env = { ...process.env, IMAGE_PREFIX: TEST_IMAGE_PREFIX };
    const names = ['evil', ...Object.keys(variants).map((name) => `evil-${name}`)];
    execFileSync(join(ROOT, 'build-images.sh'), ['--jobs', folder, ...names], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeVariant(folder: string, name: string, { lines = [], environment = [], datasets }: Variant): void {
  const into = join(folder, name);
  cpSync(EVIL, into, { recursive: true });
  const dockerfile = readFileSync(join(EVIL, 'Dockerfile'), 'utf8').replace(/^ENTRYPOINT/m, (entry) => [...lines, entry].join('\n'));
  writeFileSync(join(into, 'Dockerfile'), dockerfile);
  const job = JSON.parse(readFileSync(join(EVIL, 'job.json'), 'utf8')) as { environment: object[]; datasets: object };
  const asked = environment.map(({ name, secret }) => ({ name, secret, description: 'Not its own.' }));
  writeFileSync(join(into, 'job.json'), JSON.stringify({ ...job, name, environment: [...job.environment, ...asked], datasets: datasets ?? job.datasets }));
}
