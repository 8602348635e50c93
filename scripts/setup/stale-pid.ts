import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What a pid file says: no such file, its program is alive, or it is a left-over of one that was killed. */
export type PidFile = 'none' | 'alive' | 'stale';

/** Reads a pid file; its process counts as alive only while /proc knows it under that program's name. */
export function readPidFile(file: string, program: string, proc = '/proc'): PidFile {
  let pid: string;
  try {
    pid = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
  if (!/^[1-9]\d*$/.test(pid)) return 'stale';
  try {
    // A number that was given to another program since: a daemon which only asks "is that pid alive?" would refuse to start.
    if (readFileSync(join(proc, pid, 'comm'), 'utf8').trim() !== program) return 'stale';
    return /^State:\s+[ZX]/m.test(readFileSync(join(proc, pid, 'status'), 'utf8')) ? 'stale' : 'alive';
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'stale';
    throw error;
  }
}

/** Removes a pid file and its companions (sockets) if its program is not alive; ends nothing. */
export function clearStalePidFile(file: string, program: string, companions: readonly string[] = [], proc = '/proc'): PidFile {
  const state = readPidFile(file, program, proc);
  if (state === 'stale') for (const path of [file, ...companions]) rmSync(path, { force: true });
  return state;
}
