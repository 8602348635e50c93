import { describe, expect, test } from '@jest/globals';
import type { AttemptSpec } from '../engine.ts';
import { imageConfig, userOf } from './image-config.ts';
import { containerName, toContainer } from './to-container.ts';

const spec: AttemptSpec = {
  run: '0197-ab',
  attempt: 2,
  job: 'zeta',
  pipeline: 'ventas',
  mode: 'run',
  installation: 'casa',
  environment: { ESCLUSA_REQUEST: '{"a":"b=c\n"}', ZETA_HOST: 'db' },
  limits: { memoryMiB: 128, cpus: 0.5, pids: 64, scratchMiB: 16, timeAllowedSeconds: 60 },
  labels: { 'esclusa.run': 'a forged one', 'esclusa.commit-key': '_esclusa/commits/x' },
};
const IMAGE = { id: 'sha256:0a1b', user: '65532:65532', volumes: ['/data'], labels: ['esclusa.job', 'esclusa.keep', 'esclusa.run'] };
const settings = { image: IMAGE, network: 'datos' };

const name = (run: string): string => containerName({ installation: 'casa', run, attempt: 1 });

const withVolumes = (...paths: string[]) => imageConfig({ Id: 'x', Config: { Volumes: Object.fromEntries(paths.map((path) => [path, {}])) } }, 'the image');

describe('toContainer', () => {
  test('translates an attempt into exactly this container', () => {
    expect(toContainer(spec, settings)).toEqual({
      name: 'esclusa-casa-0197-ab-2',
      body: {
        Image: 'sha256:0a1b',
        User: '65532:65532',
        Env: ['ESCLUSA_REQUEST={"a":"b=c\n"}', 'ZETA_HOST=db'],
        Labels: {
          'esclusa.keep': '',
          'esclusa.commit-key': '_esclusa/commits/x',
          'esclusa.installation': 'casa',
          'esclusa.run': '0197-ab',
          'esclusa.attempt': '2',
          'esclusa.pipeline': 'ventas',
          'esclusa.job': 'zeta',
          'esclusa.mode': 'run',
        },
        OpenStdin: true,
        StdinOnce: false,
        Tty: false,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        StopSignal: 'SIGTERM',
        Healthcheck: { Test: ['NONE'] },
        HostConfig: {
          Memory: 134_217_728,
          MemorySwap: 134_217_728,
          NanoCpus: 500_000_000,
          PidsLimit: 64,
          Ulimits: [
            { Name: 'core', Soft: 0, Hard: 0 },
            { Name: 'nofile', Soft: 4096, Hard: 4096 },
          ],
          ReadonlyRootfs: true,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          IpcMode: 'private',
          CgroupnsMode: 'private',
          ShmSize: 8_388_608,
          Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,mode=1777,size=16m' },
          Mounts: [{ Type: 'tmpfs', Source: '', Target: '/data', TmpfsOptions: { SizeBytes: 16_777_216, Mode: 0o1777 } }],
          NetworkMode: 'datos',
          ExtraHosts: ['host.docker.internal:host-gateway'],
          RestartPolicy: { Name: 'no' },
          AutoRemove: false,
          LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '2' } },
        },
      },
    });
  });

  test.each([
    ['1000', '1000:65532'],
    ['1000:1000', '1000:1000'],
    ['65532:65532', '65532:65532'],
    ['2147483647:1', '2147483647:1'],
    ['1000:4294967296', '1000:65532'],
  ])("takes the image's user %s as %s", (user, taken) => expect(userOf(user)).toBe(taken));

  test.each(
    ['', '0', '00', '+0', '-0', '0x0', '0:0', '0:1', '1000:0', '1000:', ':1000', ' 0', '0 ', '01000', '+1000', '1e3', '1000:staff', '1000:+0'].concat([
      '4294967296',
      '4294967296:1',
      '2147483648',
      '99999999999',
      'root',
      'root:daemon',
      'admin',
      'node',
      '65532x',
      '١٠٠٠',
      '１０００',
      '1000\n',
      '0\n1000',
    ]),
  )('makes the user "%s" nobody', (user) => expect(userOf(user)).toBe('65532:65532'));

  test('covers the volumes of an image, however they are written', () => {
    expect(withVolumes('/data', '/data/', '//var//lib/x', '/a/../b', '/tmp').volumes).toEqual(['/data', '/var/lib/x', '/b']);
    expect(imageConfig({ Id: 'x', Config: null }, 'the image')).toEqual({ id: 'x', user: '65532:65532', volumes: [], labels: [] });
  });

  test.each([['/'], ['data'], ['/a:/b'], ['/proc/x'], ['/sys'], ['/dev/shm'], ['/x/../etc'], ['../x'], Array.from({ length: 9 }, (_, n) => `/v${n}`)])(
    'refuses the volume %s',
    (...paths) => {
      expect(() => withVolumes(...paths)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringContaining('VOLUME') }));
    },
  );

  test('gives ids that Docker takes for no name a name of their own', () => {
    expect(name('a/b')).toMatch(/^esclusa-casa-a_b-1-[0-9a-f]{8}$/);
    expect(name('a/b')).not.toBe(name('a:b'));
    expect(name('a/b')).toBe(name('a/b'));
  });
});
