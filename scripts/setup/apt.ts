import { existsSync } from 'node:fs';
import { isInstalled, type Log, run } from './command.ts';

/** Whether this process may install packages of Debian or Ubuntu. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && isInstalled('apt-get') && existsSync('/etc/debian_version');
}

// Somebody else's apt-get (unattended upgrades, say) holds dpkg's lock for a while and then lets go of it.
const LOCK_TIMEOUT = 'DPkg::Lock::Timeout=300';

let updated = false;
let last: Promise<void> = Promise.resolve();

/** Installs packages by apt-get, with a fresh index only where the present one does not do; one call after the other. */
export function install(packages: readonly string[], log: Log): Promise<void> {
  const mine = last.then(() => installNow(packages, log));
  last = mine.catch(() => undefined);
  return mine;
}

async function installNow(packages: readonly string[], log: Log): Promise<void> {
  const command = ['apt-get', 'install', '-y', '-q', '-o', LOCK_TIMEOUT, '--no-install-recommends', ...packages] as const;
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
