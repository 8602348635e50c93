import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Bench, Recorder } from '../../gateway/src/engine/conformance/parts.ts';
import { connectDocker } from '../../gateway/src/engine/docker/connect.ts';
import { DockerEngine } from '../../gateway/src/engine/docker/docker.ts';
import { TestImages } from './support/images.ts';

// An image's own idea of who is who: root by other names, and a group of root's.
const write = (file: string, lines: readonly string[]): string =>
  `RUN ["node", "-e", "require('fs').writeFileSync('${file}', '${lines.join(' ')} '.replaceAll(' ', require('os').EOL))"]`;
const PASSWD = [
  'USER 0',
  write('/etc/passwd', ['root:x:0:0::/:', 'admin:x:0:0::/:', '65532:x:0:0::/:', 'x:x:1234:0::/:']),
  write('/etc/group', ['root:x:0:x,admin,65532', '65532:x:0:']),
];

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
    ['root by another name', [...PASSWD, 'USER admin'], '65532'],
    ['root with a sign', ['USER +0'], '65532'],
    ['root by wrapping around', ['USER 4294967296'], '65532'],
    ['a name that is a number', [...PASSWD, 'USER 65532'], '65532'],
    ["a number in root's group", ['USER 1234:0'], '65532'],
    ['a number whose group its passwd says', [...PASSWD, 'USER 1234'], '1234'],
  ])('an image whose user is %s runs as no root', async (name, lines, uid) => {
    const job = `user-${name.replaceAll(/[^a-z]+/g, '-')}`;
    await images.build(job, { folder: 'conformance', lines });
    const recorder = new Recorder();
    const attempt = await bench.start({ ...bench.spec('look'), job }, recorder);
    await attempt.ended;
    const seen = JSON.parse(recorder.out) as { uid: number; gid: number };
    expect(seen.uid).toBe(Number(uid));
    // Docker adds the groups that the image's own /etc/group says, root's among them: without capabilities that opens the image's own files alone.
    expect(seen.gid).not.toBe(0);
  });

  test('what an image says of its containers is followed only as far as it does no harm', async () => {
    const job = 'hostile';
    const lines = [
      'VOLUME ["/data", "/app/cache/"]',
      'STOPSIGNAL SIGUSR1',
      'HEALTHCHECK --interval=1s CMD ["node", "-e", "1"]',
      `LABEL esclusa.keep=all esclusa.keep-until=2999-01-01T00:00:00Z esclusa.run=forged esclusa.installation=${bench.installation}`,
    ];
    await images.build(job, { folder: 'conformance', labelled: false, lines });
    const volumes = async (): Promise<number> => ((await docker.listVolumes()).Volumes ?? []).length;
    const before = await volumes();
    const recorder = new Recorder();
    expect(await engine.describe(job)).toMatchObject({ name: job });
    expect(await engine.list(bench.installation)).toEqual([]);
    const attempt = await bench.start({ ...bench.spec('polite'), job }, recorder);
    await recorder.until('ready');
    const { Image, HostConfig, Config, Mounts } = await docker.getContainer(attempt.handle).inspect();
    expect(Image).toBe((await docker.getImage(`${images.prefix}-${job}`).inspect()).Id);
    expect(Mounts.map(({ Type, Destination }) => `${Type} ${Destination}`).toSorted()).toEqual(['tmpfs /app/cache', 'tmpfs /data']);
    expect(HostConfig).toMatchObject({ CgroupnsMode: 'private', IpcMode: 'private', ShmSize: 8 * 1024 * 1024 });
    expect(Config).toMatchObject({ StopSignal: 'SIGTERM', Healthcheck: { Test: ['NONE'] } });
    expect(Config.Labels).toMatchObject({ 'esclusa.keep': '', 'esclusa.keep-until': '', 'esclusa.run': attempt.id.run });
    await attempt.stop(20);
    // Its handler of SIGTERM, not the kill after the grace period.
    expect((await attempt.ended).status).not.toBe(137);
    expect(await volumes()).toBe(before);
  });

  test('volumes are memory: bounded, without programs', async () => {
    await images.build('volumes', {
      folder: 'conformance',
      lines: [
        'VOLUME /data',
        `ENTRYPOINT ["node", "-e", "for (const name of ['mounts', 'limits', 'cgroup']) process.stdout.write(require('fs').readFileSync('/proc/self/' + name))"]`,
      ],
    });
    const recorder = new Recorder();
    await (
      await bench.start({ ...bench.spec('look'), job: 'volumes' }, recorder)
    ).ended;
    expect(recorder.out).toMatch(/^tmpfs \/data tmpfs (?=.*nosuid)(?=.*nodev)(?=.*noexec)(?=.*size=8192k)/m);
    expect(recorder.out).toMatch(/^shm \/dev\/shm tmpfs .*size=8192k/m);
    expect(recorder.out).toMatch(/^Max open files +4096 +4096/m);
    // In a namespace of its own the job sees no path of the host's.
    expect(recorder.out).toMatch(/^\d+:memory:\/$|^0::\/$/m);
  });

  test.each([['VOLUME /'], ['VOLUME /proc/x'], [`VOLUME ${Array.from({ length: 9 }, (_, n) => `/v${n}`).join(' ')}`]])(
    'an image with %s is refused',
    async (line) => {
      const job = `volume-${line.length}`;
      await images.build(job, { folder: 'conformance', lines: [line] });
      const refusal = { code: 'IMAGE_INVALID', message: expect.stringContaining('VOLUME') };
      await expect(engine.describe(job)).rejects.toMatchObject(refusal);
      await expect(engine.start({ ...bench.spec('exit'), job }, new Recorder())).rejects.toMatchObject(refusal);
    },
  );

  test('a job.json of 100 MB is refused before it is read', async () => {
    const grow = `RUN ["node", "-e", "require('fs').truncateSync('/app/job.json', 1e8)"]`;
    await images.build('large', { folder: 'conformance', labelled: false, lines: ['USER 0', grow] });
    const before = process.memoryUsage().rss;
    await expect(engine.describe('large')).rejects.toMatchObject({ code: 'IMAGE_INVALID', message: expect.stringContaining('larger than') });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('what was described is what is started, whatever its name stands for by then', async () => {
    await images.build('moved', { folder: 'conformance' });
    const described = await engine.describe('moved');
    const image = await engine.image('moved', described);
    await images.build('moved', { folder: 'conformance', lines: ['ENV MOVED=1'] });
    expect(await engine.image('moved', described)).toBe(image);
    expect(await engine.image('moved')).not.toBe(image);
    const attempt = await bench.start({ ...bench.spec('exit', { STATUS: '0' }), job: 'moved', image }, new Recorder());
    expect((await docker.getContainer(attempt.handle).inspect()).Image).toBe(image);
    await attempt.ended;
  });

  test("one image under two names is not taken for the other's job", async () => {
    await images.build('alias', { folder: 'conformance' });
    await docker.getImage(`${images.prefix}-alias`).tag({ repo: `${images.prefix}-other`, tag: 'latest' });
    await engine.describe('alias');
    await expect(engine.describe('other')).rejects.toMatchObject({ code: 'IMAGE_INVALID', message: expect.stringContaining('"alias"') });
    await docker.getImage(`${images.prefix}-other`).remove();
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
