import { describe, expect, test } from '@jest/globals';
import type { EngineCapabilities } from '../engine.ts';
import type { Bench } from './parts.ts';

/** Memory, CPU and processes are bounded, or the engine says that they are not. */
export function limits(bench: Bench, declared: EngineCapabilities): void {
  describe('limits', () => {
    if (!declared.limits) {
      test('are not enforced, and a warning says so', () => {
        expect(bench.engine.warnings).toContainEqual(expect.stringMatching(/limits .*not enforced/));
      });
      return;
    }

    test('no warning says otherwise', () => {
      expect(bench.engine.warnings).not.toContainEqual(expect.stringMatching(/limits .*not enforced/));
    });

    test('memory: a job that takes more is killed, and there is evidence', async () => {
      const { exit, out } = await bench.run('allocate', {}, { memoryMiB: 64 });
      expect(exit.status).toBe(137);
      expect(exit.oomKilled).toBe(true);
      expect(out).not.toContain('512 MiB');
    });

    test('memory: swap is no way out', async () => {
      const { out } = await bench.run('allocate', {}, { memoryMiB: 64 });
      const held = out.trim().split('\n').map(Number.parseFloat);
      expect(Math.max(...held)).toBeLessThan(64);
    });

    test('processes: threads count too, and only so many can be started', async () => {
      expect(await threads(bench, 24)).toBeLessThan(24);
      expect(await threads(bench, 200)).toBe(40);
    }, 40_000);

    test('CPU: a job that spins gets its share', async () => {
      const { out } = await bench.run('spin', {}, { cpus: 0.3 });
      const { share } = JSON.parse(out) as { share: number };
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.5);
    });
  });
}

/** How many threads a job could start under a limit, of the 40 that it tries. */
async function threads(bench: Bench, pids: number): Promise<number> {
  const { out } = await bench.run('threads', {}, { pids, memoryMiB: 1024 });
  return out.trim().split('\n').length;
}
