import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import type { AttemptSpec } from '../engine.ts';
import { imageName } from './image-name.ts';

const MIB = 1024 * 1024;
/** The user of distroless images: has no home, owns nothing. */
const NOBODY = '65532:65532';

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
  readonly imagePrefix: string;
  /** Docker network that the job joins. */
  readonly network: string;
  /** The user that the image names; empty when it names none. */
  readonly imageUser: string;
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
export function toContainer(spec: AttemptSpec, settings: ContainerSettings): ContainerPlan {
  const { limits } = spec;
  const memory = limits.memoryMiB * MIB;
  return {
    name: containerName(spec),
    body: {
      Image: imageName(settings.imagePrefix, spec.job),
      User: isRoot(settings.imageUser) ? NOBODY : settings.imageUser,
      Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
      Labels: {
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
      HostConfig: {
        Memory: memory,
        // The same figure for both means no swap.
        MemorySwap: memory,
        NanoCpus: Math.round(limits.cpus * 1e9),
        PidsLimit: limits.pids,
        Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${limits.scratchMiB}m` },
        NetworkMode: settings.network,
        ExtraHosts: ['host.docker.internal:host-gateway'],
        RestartPolicy: { Name: 'no' },
        AutoRemove: false,
        // Bounded on disk, and kept in a driver that can be read back after a broken connection.
        LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '2' } },
      },
    },
  };
}

/** Whether an image's USER means root, in any of its spellings. */
export function isRoot(user: string): boolean {
  const name = user.split(':')[0] ?? '';
  return name === '' || name === 'root' || /^0+$/.test(name);
}
