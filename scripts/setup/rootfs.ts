import { existsSync } from 'node:fs';
import { canInstall, install } from './apt.ts';
import { debianLines, readAptSources } from './apt-sources.ts';
import { CommandError, isInstalled, type Log, pipe, run } from './command.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MERGED_USR = '/usr/share/mmdebstrap/hooks/merged-usr';
/** What the build steps inside the system use (images/harvest.sh and each image's own). */
const TOOLS = ['base-files', 'bash', 'coreutils', 'dash', 'findutils', 'grep', 'hostname', 'libc-bin', 'sed', 'util-linux'];

/** Imports a system with these packages of a Debian suite into the Docker engine, under `tag`. Packages are unpacked, not set up. */
export async function importDebian(suite: string, packages: readonly string[], tag: string, log: Log): Promise<void> {
  const missing = [...(isInstalled('mmdebstrap') ? [] : ['mmdebstrap']), ...(existsSync(KEYRING) ? [] : ['debian-archive-keyring'])];
  if (missing.length > 0) {
    if (!canInstall()) {
      throw new Error(
        `no container registry answers, and images can be built out of packages only on Debian or Ubuntu as root (missing: ${missing.join(', ')}). ` +
          'Load the images by hand, and name each in its ESCLUSA_<NAME>_IMAGE, such as ESCLUSA_POSTGRES_IMAGE (docs/air-gapped.md)',
      );
    }
    await install(missing, log);
  }
  const command: [string, ...string[]] = [
    'mmdebstrap',
    '--variant=extract',
    `--hook-dir=${MERGED_USR}`,
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    // sid's index carries a date of expiry which a mirror that lags, or a host whose clock is ahead, has passed.
    ...(suite === 'sid' ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    `--include=${[...TOOLS, ...packages].join(',')}`,
    suite,
    '-',
    ...debianLines(suite, readAptSources()),
  ];
  try {
    // Straight into the engine: no tar of half a gigabyte to lie about.
    await pipe(command, ['docker', 'import', '-', tag]);
  } catch (error) {
    await run(['docker', 'image', 'rm', '--force', tag]).catch(() => undefined);
    const gone = error instanceof CommandError ? gonePackages(error.output) : [];
    if (gone.length === 0) throw error;
    throw new Error(
      `Debian ${suite} has no longer the package ${gone.join(', ')}: change images/*/recipe.json, or name an image that somebody else built (docs/air-gapped.md)`,
      { cause: error },
    );
  }
}

/** Packages that apt could not find or has no version of, by what it wrote. */
export function gonePackages(output: string): string[] {
  const found = output.matchAll(/Unable to locate package ([\w.+-]+)|Package '?([\w.+-]+)'? has no installation candidate/g);
  return [...new Set([...found].map(([, unknown, empty]) => unknown ?? empty ?? ''))];
}
