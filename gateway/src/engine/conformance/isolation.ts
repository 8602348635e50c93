import { describe, expect, test } from '@jest/globals';
import { secretsLine } from '@esclusa/contract';
import type { EngineCapabilities } from '../engine.ts';
import { type Bench, Recorder } from './parts.ts';

interface Sight {
  readonly uid: number;
  readonly status: Readonly<Record<string, string>>;
  readonly writes: Readonly<Record<string, string>>;
  readonly tmpMount: string;
  readonly core: string;
}

/** The job sees nothing of the host and can change nothing of itself, or the engine says that it can. */
export function isolation(bench: Bench, declared: EngineCapabilities): void {
  describe('isolation', () => {
    if (!declared.isolates) {
      test('there is none, and a warning says so', () => {
        expect(bench.engine.warnings).toContainEqual(expect.stringMatching(/not isolate/));
      });
      return;
    }

    test('the job is no root, has no capability and can gain none', async () => {
      const { uid, status } = await look(bench);
      expect(uid).toBeGreaterThan(0);
      expect(status).toMatchObject({ CapEff: '0000000000000000', CapPrm: '0000000000000000', CapBnd: '0000000000000000', NoNewPrivs: '1' });
    });

    test('the file system is read-only but for scratch space in memory, of bounded size, without programs', async () => {
      const { writes, tmpMount, core } = await look(bench);
      expect(writes).toEqual({ '/app/x': 'EROFS', '/x': 'EROFS', '/etc/x': 'EROFS', '/tmp/x': 'ok', '/tmp/too-much': 'ENOSPC', '/tmp/program': 'EACCES' });
      expect(tmpMount).toMatch(/^tmpfs .*\/tmp tmpfs .*nosuid.*nodev.*noexec.*size=8192k/);
      expect(core).toBe('0');
    });

    test('no secret that was sent shows from outside', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('lines', { COUNT: '2' }), recorder);
      await attempt.send(secretsLine({ PASSWORD: 'canary-8e02' }));
      await recorder.until('got');
      const seen = await bench.parts.outside?.inspect(attempt.handle);
      expect(seen).toContain('"ACT=lines"');
      expect(seen).not.toContain('canary-8e02');
    });
  });
}

async function look(bench: Bench): Promise<Sight> {
  return JSON.parse((await bench.run('look')).out) as Sight;
}
