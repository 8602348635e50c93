import { createHash } from 'node:crypto';
import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { AttemptSpec } from '../engine.ts';
import type { ImageConfig } from './image-config.ts';

const MIB = 1024 * 1024;
/** Shared memory, which some runtimes want for their semaphores; in memory too, and beside the scratch space. */
const MAX_SHM_MIB = 8;
/** Enough for every connection and file of a job, and far from what would fill a host's table. */
const OPEN_FILES = 4_096;

/** Host configuration with a field that dockerode's types lack so far. */
type Host = HostConfig & { CgroupnsMode: 'private' };
type MountConfig = NonNullable<HostConfig['Mounts']>;

/** Labels by which a container is found again; everything about an attempt is in them. */
export const LABELS = {
  installation: 'esclusa.installation',
  run: 'esclusa.run',
  attempt: 'esclusa.attempt',
  pipeline: 'esclusa.pipeline',
  job: 'esclusa.job',
  mode: 'esclusa.mode',
} as const;

/** What the translation needs beside the attempt. */
export interface ContainerSettings {
  readonly image: ImageConfig;
  /** Docker network that the job joins. */
  readonly network: string;
}

/** A container as Docker's API creates it. */
export interface ContainerPlan {
  readonly name: string;
  readonly body: ContainerCreateOptions;
}

/** Name of an attempt's container: the same for the same attempt, so that Docker itself refuses to create it twice. */
export function containerName({ installation, run, attempt }: Pick<AttemptSpec, 'installation' | 'run' | 'attempt'>): string {
  const wanted = `esclusa-${installation}-${run}-${attempt}`;
  const allowed = wanted.replaceAll(/[^a-zA-Z0-9_.-]/g, '_');
  // Two ids that differ only in a letter that Docker forbids must not share a name.
  return allowed === wanted ? wanted : `${allowed}-${createHash('sha256').update(wanted).digest('hex').slice(0, 8)}`;
}

/** Translates an attempt into Docker's words; pure, so that a golden test holds it. */
export function toContainer(spec: AttemptSpec, { image, network }: ContainerSettings): ContainerPlan {
  const { limits } = spec;
  const memory = limits.memoryMiB * MIB;
  return {
    name: containerName(spec),
    body: {
      // By its digest: a name may stand for another image by now.
      Image: image.id,
      User: image.user,
      Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
      Labels: {
        // A container has its image's labels too, but for those that it sets itself.
        ...Object.fromEntries(image.labels.map((name) => [name, ''])),
        ...spec.labels,
        [LABELS.installation]: spec.installation,
        [LABELS.run]: spec.run,
        [LABELS.attempt]: String(spec.attempt),
        [LABELS.pipeline]: spec.pipeline,
        [LABELS.job]: spec.job,
        [LABELS.mode]: spec.mode,
      },
      // Stays open after the first writer left, so that a gateway that adopts the container can send the secrets again.
      OpenStdin: true,
      StdinOnce: false,
      Tty: false,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      // An image may name another signal, which its job would be stopped by, and commands that Docker runs beside it.
      StopSignal: 'SIGTERM',
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        Memory: memory,
        // The same figure for both means no swap.
        MemorySwap: memory,
        NanoCpus: Math.round(limits.cpus * 1e9),
        PidsLimit: limits.pids,
        Ulimits: [
          { Name: 'core', Soft: 0, Hard: 0 },
          { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
        ],
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        IpcMode: 'private',
        CgroupnsMode: 'private',
        ShmSize: Math.min(limits.scratchMiB, MAX_SHM_MIB) * MIB,
        Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${limits.scratchMiB}m` },
        Mounts: coverVolumes(image.volumes, limits.scratchMiB),
        NetworkMode: network,
        ExtraHosts: ['host.docker.internal:host-gateway'],
        RestartPolicy: { Name: 'no' },
        AutoRemove: false,
        // Bounded on disk, and kept in a driver that can be read back after a broken connection.
        LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '2' } },
      } as Host,
    },
  };
}

/** Memory over each volume of an image: Docker would make it a folder on the host's disk, without a bound, from which programs can be run. */
export function coverVolumes(volumes: readonly string[], sizeMiB: number): MountConfig {
  return volumes.map((Target) => ({ Type: 'tmpfs', Source: '', Target, TmpfsOptions: { SizeBytes: sizeMiB * MIB, Mode: 0o1777 } }));
}
