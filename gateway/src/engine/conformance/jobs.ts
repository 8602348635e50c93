import { describe, expect, test } from '@jest/globals';
import { type Bench, Recorder } from './parts.ts';

/** What an engine knows of jobs, and of itself. */
export function jobs(bench: Bench): void {
  describe('jobs', () => {
    test('describes a job by its own job.json', async () => {
      const { job } = bench.parts;
      expect(await bench.engine.describe(job)).toMatchObject({ name: job, contract: 1, limits: { memoryMiB: 96 } });
      expect(await bench.engine.jobs()).toContain(job);
    });

    test('tells the digest of what it starts a job from, where it has images', async () => {
      const { engine, parts } = bench;
      expect(await engine.image(parts.job)).toEqual(engine.capabilities.isolates ? expect.stringMatching(/^sha256:[0-9a-f]{64}$/) : undefined);
    });

    test.each(['unheard-of', '../conformance', 'No Name', ''])('refuses the unknown job "%s" and names what mends it', async (job) => {
      const refusal = { name: 'EngineError', code: 'IMAGE_MISSING', message: expect.stringContaining(bench.parts.unknownJobMend) };
      await expect(bench.engine.describe(job)).rejects.toMatchObject(refusal);
      await expect(bench.engine.start({ ...bench.spec('exit'), job }, new Recorder())).rejects.toMatchObject(refusal);
      expect(await bench.engine.list(bench.installation)).toEqual([]);
    });

    test('refuses an invalid job.json and lists every problem', async () => {
      const refusal = bench.engine.describe(bench.parts.invalidJob);
      await expect(refusal).rejects.toMatchObject({ code: 'IMAGE_INVALID', message: expect.stringMatching(/contract.*limits\.memoryMiB/s) });
    });

    test('is in good health and says which host it is', async () => {
      const health = await bench.engine.health();
      expect(health).toMatchObject({ ok: true, identity: expect.stringMatching(/./), version: expect.stringMatching(/\d/) });
      expect(await bench.parts.another().health()).toMatchObject({ identity: health.identity });
    });
  });
}
