import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Bench } from './parts.ts';

const MIB = 1024 * 1024;

/** What the job writes arrives whole, in order, and on the right stream. */
export function output(bench: Bench): void {
  describe('output', () => {
    test('keeps stdout and stderr apart', async () => {
      const { out, err } = await bench.run('both');
      expect(out).toBe('out 1\nout 2\n');
      expect(err).toBe('err 1\nerr 2\n');
    });

    test('is whole and in order when a job writes 1 MiB and exits at once', async () => {
      const { out, exit } = await bench.run('burst', { LINES: '20000' });
      expect(exit.status).toBe(0);
      const lines = Array.from({ length: 20_000 }, (_, line) => `${String(line).padStart(8, '0')} ${'é'.repeat(20)}`);
      expect(out).toBe(`${lines.join('\n')}\n{"type":"last"}\n`);
    });

    test('may end without a line end, and may be empty', async () => {
      expect((await bench.run('unfinished')).out).toBe('no line end');
      expect(await bench.run('exit', { STATUS: '0' })).toMatchObject({ out: '', err: '' });
    });

    test('of 64 MiB to a slow reader is whole and stays out of memory', async () => {
      const hash = createHash('sha256');
      let bytes = 0;
      let peak = 0;
      const before = process.memoryUsage().rss;
      const slow = {
        stdout(chunk: Uint8Array): void {
          bytes += chunk.length;
          hash.update(chunk);
          peak = Math.max(peak, process.memoryUsage.rss());
          for (const until = performance.now() + 0.5; performance.now() < until;);
        },
        stderr(): void {},
      };
      const attempt = await bench.start(bench.spec('flood', { MIB: '64' }), slow);
      expect(await attempt.ended).toMatchObject({ status: 0 });
      expect(bytes).toBe(64 * MIB);
      const expected = createHash('sha256');
      for (let block = 0; block < 64; block++) expected.update(Buffer.alloc(MIB, `${block} `));
      expect(hash.digest('hex')).toBe(expected.digest('hex'));
      expect((peak - before) / MIB).toBeLessThan(100);
    }, 60_000);
  });
}
