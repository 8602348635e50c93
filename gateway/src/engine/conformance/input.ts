import { describe, expect, test } from '@jest/globals';
import { SECRETS_RECEIVED, secretsLine } from '@esclusa/contract';
import { type Bench, Recorder } from './parts.ts';

/** What a job is given: environment, and a line on standard input. */
export function input(bench: Bench): void {
  describe('input', () => {
    test('gives the job its environment, letter by letter', async () => {
      const nasty = '{"ñ":"a \\"b\\"\n\t$HOME `x` €"}';
      const { out } = await bench.run('environment', { ESCLUSA_REQUEST: nasty, EMPTY: '' });
      expect(JSON.parse(out)).toMatchObject({ ESCLUSA_REQUEST: nasty, EMPTY: '', ACT: 'environment' });
    });

    test('takes a request of 100 KiB', async () => {
      const long = 'x'.repeat(100 * 1024);
      const { out } = await bench.run('environment', { ESCLUSA_REQUEST: long });
      expect((JSON.parse(out) as Record<string, string>)['ESCLUSA_REQUEST']).toBe(long);
    });

    test('refuses a variable that the kernel would not take, with a sentence that says so', async () => {
      const start = bench.engine.start(bench.spec('exit', { ESCLUSA_REQUEST: 'x'.repeat(128 * 1024) }), new Recorder());
      await expect(start).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(/ESCLUSA_REQUEST.*128 KiB/) });
      expect(await bench.engine.list(bench.installation)).toEqual([]);
    });

    test("leaks nothing of the gateway's own environment", async () => {
      const own = process.env; // oxlint-disable-line node/no-process-env -- the canary has to be in the gateway's own environment
      own['CONFORMANCE_CANARY'] = 'canary-5d1f';
      try {
        const { out } = await bench.run('environment');
        expect(out).not.toContain('canary-5d1f');
        // Beyond what it was given, only what finding programs and a home takes, and what the image itself says of itself.
        const names = Object.keys(JSON.parse(out) as object).filter((name) => !/^(ACT|PATH|HOME|HOSTNAME|NODE_\w+|SSL_\w+|LANG|LC_\w+)$/.test(name));
        expect(names).toEqual([]);
      } finally {
        delete own['CONFORMANCE_CANARY'];
      }
    });

    test('hands over a line on standard input', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('secrets'), recorder);
      await attempt.send(secretsLine({ PASSWORD: 'canary "1" ñ' }));
      expect(await attempt.ended).toMatchObject({ status: 0 });
      expect(recorder.err).toContain(SECRETS_RECEIVED);
      expect(JSON.parse(recorder.out)).toEqual({ PASSWORD: 'canary "1" ñ' });
    });

    test('hands over a line long after the start, and a second one', async () => {
      const recorder = new Recorder();
      const attempt = await bench.start(bench.spec('lines', { COUNT: '2' }), recorder);
      await recorder.until('ready');
      await new Promise((resolve) => setTimeout(resolve, 500));
      await attempt.send('first\n');
      await recorder.until('got first');
      await attempt.send('second\n');
      expect(await attempt.ended).toMatchObject({ status: 0 });
      expect(recorder.out).toBe('ready\ngot first\ngot second\n');
    });

    test('refuses a line when the job has ended', async () => {
      const { attempt } = await bench.run('exit', { STATUS: '0' });
      await expect(attempt.send('too late\n')).rejects.toMatchObject({ name: 'EngineError', code: 'ENGINE_FAILED' });
    });
  });
}
