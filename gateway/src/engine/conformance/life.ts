import { describe, expect, test } from '@jest/globals';
import type { EngineCapabilities } from '../engine.ts';
import { type Bench, Recorder } from './parts.ts';

/** From start to removal. */
export function life(bench: Bench, declared: EngineCapabilities): void {
  describe('life', () => {
    test.each([0, 1, 64, 70, 143])('tells exit status %i', async (status) => {
      const before = Date.now();
      const { exit } = await bench.run('exit', { STATUS: String(status) });
      expect(exit).toMatchObject({ status, oomKilled: false });
      // The engine's clock may differ from ours by a little, and Docker notes a start a little late.
      expect(Math.abs((exit.startedAt?.getTime() ?? 0) - before)).toBeLessThan(10_000);
      expect(exit.finishedAt?.getTime()).toBeGreaterThan((exit.startedAt?.getTime() ?? Infinity) - 1_000);
    });

    test('stops a job by SIGTERM and lets it finish its last words', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('polite'), recorder);
      await recorder.until('ready');
      const since = performance.now();
      await attempt.stop(20);
      expect(performance.now() - since).toBeLessThan(10_000);
      expect(await attempt.ended).toMatchObject({ status: 143 });
      expect(recorder.out).toBe('ready\nstopping\n{"type":"last"}\n');
    });

    test('kills a job that ignores SIGTERM once the grace period is over', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('stubborn'), recorder);
      await recorder.until('ready');
      const since = performance.now();
      await attempt.stop(2);
      expect(performance.now() - since).toBeGreaterThan(1_900);
      expect(performance.now() - since).toBeLessThan(12_000);
      expect(await attempt.ended).toMatchObject({ status: 137, oomKilled: false });
      expect(recorder.out).toBe('ready\nignored\n');
    }, 20_000);

    test('stops twice, and after the end, without harm', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('polite'), recorder);
      await recorder.until('ready');
      await Promise.all([attempt.stop(5), attempt.stop(5)]);
      await attempt.stop(5);
      expect(await attempt.ended).toMatchObject({ status: 143 });
    });

    test('ends when the job ends, and with it what the job has started', async () => {
      const since = performance.now();
      const { exit, out } = await bench.run('grandchild');
      expect(exit.status).toBe(0);
      expect(out).toBe('started\n');
      expect(performance.now() - since).toBeLessThan(10_000);
    });

    test('starts an attempt once, however often it is asked to', async () => {
      const spec = bench.spec('lines', { COUNT: '1' });
      const recorder = new Recorder();
      const [first, second] = await Promise.all([bench.start(spec, recorder), bench.start(spec, new Recorder())]);
      await recorder.until('ready');
      const third = await bench.start(spec, new Recorder());
      expect(new Set([first.handle, second?.handle, third.handle]).size).toBe(1);
      expect(await bench.engine.list(bench.installation)).toHaveLength(1);
      await third.send('go\n');
      const exits = await Promise.all([first.ended, second?.ended, third.ended]);
      expect(exits.map((exit) => exit?.status)).toEqual([0, 0, 0]);
      expect(recorder.out).toBe('ready\ngot go\n');
    });

    test('gives a first attempt and its retry containers of their own', async () => {
      const spec = bench.spec('exit', { STATUS: '75' });
      const first = await bench.start(spec, new Recorder());
      const second = await bench.start({ ...spec, attempt: 2, environment: { ACT: 'exit', STATUS: '0' } }, new Recorder());
      expect(await first.ended).toMatchObject({ status: 75 });
      expect(await second.ended).toMatchObject({ status: 0 });
      expect(second.handle).not.toBe(first.handle);
    });

    test('lists what is there, with its labels and state, and nothing of another installation', async () => {
      const spec = bench.spec('polite');
      const recorder = new Recorder();
      const attempt = await bench.start(spec, recorder);
      await recorder.until('ready');
      const [found, ...others] = await bench.engine.list(bench.installation);
      expect(others).toEqual([]);
      expect(found).toMatchObject({ run: spec.run, attempt: 1, mode: 'run', state: 'running', handle: attempt.handle });
      expect(found?.labels).toMatchObject(spec.labels);
      expect(await bench.engine.list(`${bench.installation}-other`)).toEqual([]);
      await attempt.stop(5);
      expect(await bench.engine.list(bench.installation)).toMatchObject([{ state: 'ended' }]);
    });

    test(declared.keeps ? 'keeps what has ended until it is removed, to be looked into by its name' : 'keeps nothing, and a warning says so', async () => {
      if (!declared.keeps) {
        expect(bench.engine.warnings).toContainEqual(expect.stringMatching(/not keep/));
        return;
      }
      const { attempt } = await bench.run('exit', { STATUS: '1' });
      expect(await bench.parts.another().list(bench.installation)).toMatchObject([{ handle: attempt.handle, state: 'ended' }]);
      expect(await bench.parts.outside?.inspect(attempt.name)).toContain(attempt.handle);
    });

    test('removes an attempt that still runs, and does it twice without harm', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('stubborn'), recorder);
      await recorder.until('ready');
      await Promise.all([attempt.remove(), attempt.remove()]);
      await attempt.remove();
      await attempt.ended;
      expect(await bench.engine.list(bench.installation)).toEqual([]);
    });
  });
}
