import { describe, expect, test } from '@jest/globals';
import type { AttemptSpec } from '../engine.ts';
import { containerName, isRoot, toContainer } from './to-container.ts';

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
const settings = { imagePrefix: 'pharmavida-ingesta', network: 'datos', imageUser: '' };

const name = (run: string): string => containerName({ installation: 'casa', run, attempt: 1 });

describe('toContainer', () => {
  test('translates an attempt into exactly this container', () => {
    expect(toContainer(spec, settings)).toEqual({
      name: 'esclusa-casa-0197-ab-2',
      body: {
        Image: 'pharmavida-ingesta-zeta:latest',
        User: '65532:65532',
        Env: ['ESCLUSA_REQUEST={"a":"b=c\n"}', 'ZETA_HOST=db'],
        Labels: {
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
        HostConfig: {
          Memory: 134_217_728,
          MemorySwap: 134_217_728,
          NanoCpus: 500_000_000,
          PidsLimit: 64,
          Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
          ReadonlyRootfs: true,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,mode=1777,size=16m' },
          NetworkMode: 'datos',
          ExtraHosts: ['host.docker.internal:host-gateway'],
          RestartPolicy: { Name: 'no' },
          AutoRemove: false,
          LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '2' } },
        },
      },
    });
  });

  test.each(['node', '1000', '1000:0', '65532:65532'])("keeps the image's user %s", (imageUser) => {
    expect(toContainer(spec, { ...settings, imageUser }).body.User).toBe(imageUser);
  });

  test.each(['', 'root', '0', '00', '0:0', 'root:daemon', ':1000'])('takes "%s" for root', (user) => {
    expect(isRoot(user)).toBe(true);
  });

  test('gives ids that Docker takes for no name a name of their own', () => {
    expect(name('a/b')).toMatch(/^esclusa-casa-a_b-1-[0-9a-f]{8}$/);
    expect(name('a/b')).not.toBe(name('a:b'));
    expect(name('a/b')).toBe(name('a/b'));
  });
});
