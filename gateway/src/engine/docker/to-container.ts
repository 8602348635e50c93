import type { ContainerCreateOptions } from 'dockerode';
import type { AttemptSpec } from '../engine.ts';
import { imageName } from './image-name.ts';

const MiB = 1024 * 1024;
/** User for images that name none or root. */
const NOBODY = '65532:65532';

/** What the engine adds to every container. */
export interface ContainerSettings {
  readonly imagePrefix: string;
  readonly network: string;
  /** The user that the image names, if any. */
  readonly imageUser: string;
}

/** Name of an attempt's container; the same for the same attempt, so that it can't be created twice. */
export function containerName({ installation, run, attempt }: Pick<AttemptSpec, 'installation' | 'run' | 'attempt'>): string {
  return `esclusa-${installation}-${run}-${attempt}`;
}

/** Turns an attempt into what Docker is asked to create; pure. */
export function toContainer(spec: AttemptSpec, settings: ContainerSettings): ContainerCreateOptions {
  const { limits } = spec;
  const root = /^(root|0)?(:|$)/.test(settings.imageUser);
  return {
    name: containerName(spec),
    Image: imageName(settings.imagePrefix, spec.job),
    User: root ? NOBODY : settings.imageUser,
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...spec.labels,
      'esclusa.installation': spec.installation,
      'esclusa.run': spec.run,
      'esclusa.attempt': String(spec.attempt),
      'esclusa.pipeline': spec.pipeline,
      'esclusa.job': spec.job,
      'esclusa.mode': spec.mode,
    },
    // Secrets come by standard input, and once more from a gateway that adopts the container: so it stays open.
    OpenStdin: true,
    StdinOnce: false,
    Tty: false,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: settings.network,
      // The host itself, by the same name on Linux as elsewhere.
      ExtraHosts: ['host.docker.internal:host-gateway'],
      Memory: limits.memoryMiB * MiB,
      MemorySwap: limits.memoryMiB * MiB,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.pids,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${limits.scratchMiB}m` },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '2' } },
    },
  };
}
