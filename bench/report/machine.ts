import { cpus, release, totalmem } from 'node:os';
import { ask } from '../../scripts/setup/command.ts';

/** What a result was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly docker: string;
  readonly node: string;
  readonly commit: string;
  readonly changed: boolean;
}

/** Describes this machine, and the commit that is measured. */
export async function describeMachine(): Promise<Machine> {
  const folder = { cwd: import.meta.dirname };
  const [docker, commit, changes] = await Promise.all([
    ask(['docker', 'version', '--format', '{{.Server.Version}}']),
    ask(['git', 'rev-parse', '--short', 'HEAD'], folder),
    ask(['git', 'status', '--porcelain', '--untracked-files=no'], folder),
  ]);
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    docker: docker?.trim() ?? 'unknown',
    node: process.version,
    commit: commit?.trim() ?? 'unknown',
    changed: changes === undefined || changes.trim() !== '',
  };
}
