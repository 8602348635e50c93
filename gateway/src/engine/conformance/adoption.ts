import { describe, expect, test } from '@jest/globals';
import type { EngineCapabilities } from '../engine.ts';
import { type Bench, Recorder } from './parts.ts';

/** Attempts outlive the gateway and are taken up by the next one, or the engine gives nothing and says so. */
export function adoption(bench: Bench, declared: EngineCapabilities): void {
  describe('adoption', () => {
    test('finds nothing where nothing is', async () => {
      expect(await bench.engine.adopt({ run: 'never-was', attempt: 1 }, bench.installation, new Recorder())).toBeUndefined();
    });

    if (!declared.adopts) {
      test('is refused, and a warning says so', async () => {
        const spec = bench.spec('polite');
        const recorder = new Recorder();
        await bench.start(spec, recorder);
        await recorder.until('ready');
        expect(await bench.engine.adopt(spec, spec.installation, new Recorder())).toBeUndefined();
        expect(await bench.parts.another().list(spec.installation)).toEqual([]);
        expect(bench.engine.warnings).toContainEqual(expect.stringMatching(/not adopt/));
      });
      return;
    }

    test('takes up a running attempt: its earlier output, what comes, its input, its exit', async () => {
      const spec = bench.spec('lines', { COUNT: '2', TICKS: '1' });
      const first = new Recorder();
      const left = await bench.start(spec, first);
      await left.send('one\n');
      await first.until('got one');
      const next = bench.parts.another();
      expect(await next.list(spec.installation)).toMatchObject([{ run: spec.run, attempt: 1, state: 'running' }]);
      const second = new Recorder();
      const adopted = await next.adopt(spec, spec.installation, second);
      if (adopted === undefined) throw new Error('nothing was adopted');
      await second.until('got one');
      await adopted.send('two\n');
      expect(await adopted.ended).toMatchObject({ status: 0 });
      await left.ended;
      expect(second.out).toBe(first.out);
      expect(second.out).toBe('ready\ngot one\ngot two\n');
      expect(second.err).toBe(first.err);
      expect(second.err).toMatch(/^(tick \d+\n)+$/);
    });

    test('takes up an attempt that is over: its whole output and its exit', async () => {
      const spec = bench.spec('burst', { LINES: '20000' });
      const first = new Recorder();
      await (
        await bench.start(spec, first)
      ).ended;
      const second = new Recorder();
      const adopted = await bench.parts.another().adopt(spec, spec.installation, second);
      expect(await adopted?.ended).toMatchObject({ status: 0 });
      expect(second.out).toBe(first.out);
    });

    test('leaves the attempt of another installation alone', async () => {
      const spec = bench.spec('exit', { STATUS: '0' });
      await bench.start(spec, new Recorder());
      expect(await bench.parts.another().adopt(spec, `${spec.installation}-other`, new Recorder())).toBeUndefined();
    });

    test.each(['polite', 'exit'])('a container (%s) that somebody else removed is over, its status unknown', async (act) => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec(act, { STATUS: '0' }), recorder);
      if (act === 'polite') await recorder.until('ready');
      else await attempt.ended;
      const later = await bench.parts.another().adopt(attempt.id, bench.installation, new Recorder());
      await bench.parts.outside?.remove(attempt.handle);
      expect((await attempt.ended).status).toBe(act === 'polite' ? undefined : 0);
      // Whoever was still reading either had its end or knows that it is gone.
      expect([0, undefined]).toContain((await later?.ended)?.status);
      await attempt.stop(1);
      await attempt.remove();
    });
  });
}
