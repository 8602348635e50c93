import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench, Recorder } from '../../gateway/src/engine/conformance/parts.ts';
import { connectDocker } from '../../gateway/src/engine/docker/connect.ts';
import { DockerEngine } from '../../gateway/src/engine/docker/docker.ts';
import { DockerProxy } from './support/docker-proxy.ts';
import { TestImages } from './support/images.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the job prints that counts. */
const numbers = (count: number): string => `${Array.from({ length: count }, (_, number) => `number ${number}\n`).join('')}{"type":"last"}\n`;

// An error or a rejection that nobody hears fails the test that it falls into: jest-circus listens for both.
describe('the Docker daemon is lost', () => {
  const docker = connectDocker();
  const images = new TestImages(docker);
  let proxy: DockerProxy;
  let engine: DockerEngine;
  const bench = new Bench(() => {
    const direct = new DockerEngine({ network: 'bridge', imagePrefix: images.prefix });
    return { engine: direct, another: () => direct, job: 'conformance', invalidJob: '', unknownJobMend: '', cleanUp: async () => {} };
  });

  beforeAll(async () => {
    await images.build('conformance');
  }, 120_000);

  beforeEach(async () => {
    proxy = new DockerProxy();
    await proxy.listen();
    engine = new DockerEngine({
      host: proxy.host,
      network: 'bridge',
      imagePrefix: images.prefix,
      callTimeoutMs: 3_000,
      pollMs: 200,
      unreachableAfterMs: 3_000,
    });
  });

  afterEach(async () => {
    await proxy.close();
    // By their labels and past the lost engine: a test whose attempt was lost leaves its container behind.
    for (const { handle } of await bench.engine.list(bench.installation)) await docker.getContainer(handle).remove({ force: true });
  });

  afterAll(async () => {
    await images.remove();
  }, 60_000);

  test('connections that break now and again lose no byte and double none', async () => {
    const recorder = new Recorder();
    const attempt = await engine.start(bench.spec('numbers', { COUNT: '60', EVERY_MS: '25', STATUS: '69' }), recorder);
    for (let cuts = 0; cuts < 5; cuts++) {
      await pause(250);
      proxy.cut();
    }
    expect(await attempt.ended).toMatchObject({ status: 69 });
    expect(recorder.out).toBe(numbers(60));
  });

  test('a job that ends while the daemon is away is read once it is back', async () => {
    const recorder = new Recorder();
    const attempt = await engine.start(bench.spec('numbers', { COUNT: '20', EVERY_MS: '25', STATUS: '65' }), recorder);
    await recorder.until('number 3');
    await proxy.close();
    await pause(1_500);
    await proxy.listen();
    expect(await attempt.ended).toMatchObject({ status: 65 });
    expect(recorder.out).toBe(numbers(20));
  });

  test('a connection that died without a word does not hang', async () => {
    const recorder = new Recorder();
    const attempt = await engine.start(bench.spec('numbers', { COUNT: '20', EVERY_MS: '25' }), recorder);
    await recorder.until('number 3');
    proxy.freeze();
    expect(await attempt.ended).toMatchObject({ status: 0 });
    expect(recorder.out).toBe(numbers(20));
  });

  test('input finds another way after the connection broke', async () => {
    const recorder = new Recorder();
    const attempt = await engine.start(bench.spec('lines', { COUNT: '1' }), recorder);
    await recorder.until('ready');
    proxy.cut();
    await pause(100);
    await attempt.send('\nhere\n');
    expect(await attempt.ended).toMatchObject({ status: 0 });
    expect(recorder.out).toBe('ready\ngot here\n');
  });

  test.each(['gone', 'mute'])(
    'a daemon that stays %s is given up after a while',
    async (how) => {
      const recorder = new Recorder();
      const attempt = await engine.start(bench.spec('polite'), recorder);
      await recorder.until('ready');
      const since = performance.now();
      if (how === 'gone') await proxy.close();
      else {
        proxy.mute();
        proxy.freeze();
      }
      await expect(attempt.ended).rejects.toMatchObject({ name: 'EngineError', code: 'ENGINE_UNREACHABLE' });
      expect(performance.now() - since).toBeGreaterThan(2_500);
      expect(performance.now() - since).toBeLessThan(20_000);
      await expect(attempt.stop(1)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      await expect(attempt.remove()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    },
    60_000,
  );

  test.each(['gone', 'mute'])(
    'every call to a daemon that is %s ends in a refusal that names what mends it',
    async (how) => {
      if (how === 'gone') await proxy.close();
      else proxy.mute();
      const refusal = { name: 'EngineError', code: 'ENGINE_UNREACHABLE', message: expect.stringMatching(/start Docker.*\/var\/run\/docker\.sock/) };
      await expect(engine.describe('conformance')).rejects.toMatchObject(refusal);
      await expect(engine.start(bench.spec('exit'), new Recorder())).rejects.toMatchObject(refusal);
      await expect(engine.list(bench.installation)).rejects.toMatchObject(refusal);
      await expect(engine.jobs()).rejects.toMatchObject(refusal);
      await expect(engine.adopt({ run: 'x', attempt: 1 }, bench.installation, new Recorder())).rejects.toMatchObject(refusal);
      expect(await engine.health()).toMatchObject({ ok: false, problem: expect.stringContaining('start Docker') });
      if (how === 'gone') await proxy.listen();
    },
    30_000,
  );

  test('a start whose answer was lost is found by the next one', async () => {
    const spec = bench.spec('numbers', { COUNT: '3', EVERY_MS: '1' });
    const losing = new DockerEngine({ host: proxy.host, network: 'bridge', imagePrefix: images.prefix, callTimeoutMs: 2_000 });
    const start = losing.start(spec, new Recorder());
    // The container appears, and at that moment the daemon's answer gets lost.
    while ((await bench.engine.list(bench.installation)).length === 0);
    proxy.cut();
    const first = await start.then(
      (attempt) => attempt.ended,
      () => undefined,
    );
    const recorder = new Recorder();
    const attempt = await engine.start(spec, recorder);
    expect(await attempt.ended).toMatchObject({ status: 0 });
    expect(recorder.out).toBe(numbers(3));
    expect([0, undefined]).toContain(first?.status);
    expect(await bench.engine.list(bench.installation)).toHaveLength(1);
  });

  // Docker lists a container before it can be reached, and somebody may prune one that was not started yet: 404 either way.
  test('a container that was there and is not when it is to be started is created again', async () => {
    const spec = bench.spec('numbers', { COUNT: '3', EVERY_MS: '1' });
    proxy.gate = ({ operation }) => (operation === 'attach' ? 'drop' : 'forward');
    await expect(engine.start(spec, new Recorder())).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    const [left] = await bench.engine.list(bench.installation);
    expect(left?.state).toBe('created');
    let removed = false;
    proxy.gate = async ({ operation }): Promise<'forward'> => {
      if (operation === 'attach' && !removed) {
        removed = true;
        await docker.getContainer(left?.handle ?? '').remove();
      }
      return 'forward';
    };
    const recorder = new Recorder();
    const attempt = await engine.start(spec, recorder);
    expect(await attempt.ended).toMatchObject({ status: 0 });
    expect(recorder.out).toBe(numbers(3));
    expect(removed).toBe(true);
    expect(await bench.engine.list(bench.installation)).toHaveLength(1);
  });

  test('no word of the environment stands in a URL', async () => {
    const canary = `canary-${randomBytes(4).toString('hex')}`;
    const attempt = await engine.start(bench.spec('exit', { STATUS: '0', REQUEST: canary }), new Recorder());
    await attempt.ended;
    expect(proxy.requests).toContain(canary);
    const lines = proxy.requests.match(/[A-Z]+ \/\S* HTTP\/1\.1/g) ?? [];
    expect(lines).toContainEqual(expect.stringContaining('/containers/create?name=esclusa-'));
    expect(lines.join('\n')).not.toContain(canary);
  });
});
