import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Bench, Recorder } from '../../gateway/src/engine/conformance/parts.ts';
import { connectDocker } from '../../gateway/src/engine/docker/connect.ts';
import { DockerEngine } from '../../gateway/src/engine/docker/docker.ts';
import { TestImages } from './support/images.ts';

describe('what Docker alone can refuse', () => {
  const docker = connectDocker();
  const images = new TestImages(docker);
  const engine = new DockerEngine({ network: 'bridge', imagePrefix: images.prefix });
  const bench = new Bench(() => ({ engine, another: () => engine, job: 'conformance', invalidJob: '', unknownJobMend: '', cleanUp: async () => {} }));
  const created = async (): Promise<string[]> =>
    (await docker.listContainers({ all: true, filters: { label: ['esclusa.mode=describe'] } })).map(({ Id }) => Id);

  beforeAll(async () => {
    await images.build('conformance');
  }, 120_000);
  afterEach(() => bench.removeAll());
  afterAll(() => images.remove(), 60_000);

  test('a network that is missing: named, with what mends it, and no container stays', async () => {
    const lost = new DockerEngine({ network: 'no-such-network', imagePrefix: images.prefix });
    const refusal = { code: 'NETWORK_MISSING', message: expect.stringMatching(/DOCKER_NETWORK.*docker network create no-such-network/) };
    await expect(lost.start(bench.spec('exit'), new Recorder())).rejects.toMatchObject(refusal);
    expect(await engine.list(bench.installation)).toEqual([]);
  });

  test('a command that is missing: a sentence, and no container stays', async () => {
    await images.build('no-command', { folder: 'conformance', lines: ['ENTRYPOINT ["/no/such/program"]'] });
    const start = engine.start({ ...bench.spec('exit'), job: 'no-command' }, new Recorder());
    await expect(start).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('/no/such/program') });
    expect(await engine.list(bench.installation)).toEqual([]);
  });

  test('an image of a plain `docker build`, without our label, is described by the job.json within', async () => {
    await images.build('plain', { folder: 'conformance', labelled: false });
    const before = await created();
    expect(await engine.describe('plain')).toMatchObject({ name: 'plain', contract: 1 });
    expect(await created()).toEqual(before);
  });

  test('what a gateway that was killed while it read such an image left behind goes when the next one reads it', async () => {
    await images.build('left', { folder: 'conformance', labelled: false });
    const before = await created();
    const { Id } = await docker.getImage(`${images.prefix}-left`).inspect();
    await docker.createContainer({
      name: `esclusa-describe-${Id.replace('sha256:', '').slice(0, 12)}`,
      Image: Id,
      Cmd: ['-'],
      Labels: { 'esclusa.mode': 'describe' },
    });
    expect(await created()).toHaveLength(before.length + 1);
    expect(await engine.describe('left')).toMatchObject({ name: 'left' });
    expect(await created()).toEqual(before);
  });

  test('gateways that read such an image at once all get to know it', async () => {
    await images.build('shared', { folder: 'conformance', labelled: false });
    const before = await created();
    const engines = Array.from({ length: 4 }, () => new DockerEngine({ network: 'bridge', imagePrefix: images.prefix }));
    const described = await Promise.all(engines.map((one) => one.describe('shared')));
    expect(described.map(({ name }) => name)).toEqual(Array(4).fill('shared'));
    expect(await created()).toEqual(before);
  });

  test('an image without label and job.json is refused', async () => {
    await images.build('empty', { folder: 'conformance', labelled: false, at: '/elsewhere/' });
    await expect(engine.describe('empty')).rejects.toMatchObject({ code: 'IMAGE_INVALID', message: expect.stringContaining('/app/job.json') });
  });

  test('an image that is rebuilt is read anew', async () => {
    await images.build('changing', { folder: 'conformance' });
    expect((await engine.describe('changing')).description).toContain('does what ACT says');
    await images.build('changing', { folder: 'invalid' });
    await expect(engine.describe('changing')).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  });

  test.each([
    ['none', [], '65532'],
    ['root', ['USER root'], '65532'],
    ['one of its own', ['USER 1234:1234'], '1234'],
  ])('an image whose user is %s runs as no root', async (_name, lines, uid) => {
    const job = `user-${uid}-${lines.length}`;
    await images.build(job, { folder: 'conformance', lines });
    const recorder = new Recorder();
    const attempt = await bench.start({ ...bench.spec('look'), job }, recorder);
    await attempt.ended;
    expect((JSON.parse(recorder.out) as { uid: number }).uid).toBe(Number(uid));
  });

  test('a container that was created and never started is started by who adopts it', async () => {
    const spec = bench.spec('numbers', { COUNT: '2', EVERY_MS: '1' });
    await (
      await engine.start(spec, new Recorder())
    ).ended;
    const [before] = await engine.list(bench.installation);
    const { Config, HostConfig, Name } = await docker.getContainer(before?.handle ?? '').inspect();
    await docker.getContainer(before?.handle ?? '').remove();
    await docker.createContainer({ ...Config, HostConfig, name: Name.slice(1) });
    expect(await engine.list(bench.installation)).toMatchObject([{ state: 'created' }]);
    const recorder = new Recorder();
    const adopted = await engine.adopt(spec, spec.installation, recorder);
    if (adopted === undefined) throw new Error('nothing was adopted');
    bench.keep(adopted);
    expect(await adopted.ended).toMatchObject({ status: 0 });
    expect(recorder.out).toBe('number 0\nnumber 1\n{"type":"last"}\n');
  });

  test('a job that writes more than is kept: bounded on disk, and who adopts it still gets the last line', async () => {
    const spec = bench.spec('flood', { MIB: '48', LAST: '1' });
    await (
      await bench.start(spec, { stdout() {}, stderr() {} })
    ).ended;
    let bytes = 0;
    let tail = '';
    const adopted = await engine.adopt(spec, spec.installation, {
      stdout(chunk) {
        bytes += chunk.length;
        tail = (tail + Buffer.from(chunk).toString()).slice(-100);
      },
      stderr() {},
    });
    expect(await adopted?.ended).toMatchObject({ status: 0 });
    expect(bytes).toBeLessThan(17 * 1024 * 1024);
    expect(tail).toMatch(/\{"type":"last"\}\n$/);
  }, 60_000);
});
