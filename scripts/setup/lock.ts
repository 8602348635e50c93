import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log } from './command.ts';

const UNWRITTEN_MS = 5_000;

/**
 * Runs `work` while no other process on this host runs work of that name. It only saves doing a thing twice: what is
 * done under it must stay right without it, since a lock file can be taken from a holder whose pid was reused.
 */
export async function withLock<T>(name: string, log: Log, work: () => Promise<T>): Promise<T> {
  const file = join(tmpdir(), `esclusa-${name}.lock`);
  for (let waiting = false; !take(file); await sleep(300)) {
    if (!waiting) log(`waiting for another process that is making ${name}`);
    waiting = true;
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  let holder: number;
  try {
    holder = Number(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
  // Empty for the instant between its creation and its first write; longer only if its maker was killed just then.
  if (holder === 0) {
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > UNWRITTEN_MS) rmSync(file, { force: true });
    return false;
  }
  try {
    process.kill(holder, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(file, { force: true });
  }
  return false;
}
