import { existsSync } from 'node:fs';
import { isInstalled, type Log, run } from './command.ts';

/** Whether this process may install packages of Debian or Ubuntu. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && isInstalled('apt-get') && existsSync('/etc/debian_version');
}

let updated = false;

/** Installs packages by apt-get, with a fresh index only where the present one does not do. */
export async function install(packages: readonly string[], log: Log): Promise<void> {
  const command = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages] as const;
  // Otherwise docker.io's own start would be tried in the middle, and questions would wait for nobody.
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  log(`installing ${packages.join(', ')} (apt-get)`);
  try {
    await run([...command], { environment });
    return;
  } catch (error) {
    if (updated) throw error;
  }
  log('apt-get update');
  await run(['apt-get', 'update', '-q'], { environment });
  updated = true;
  await run([...command], { environment });
}
