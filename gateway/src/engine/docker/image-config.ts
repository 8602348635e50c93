import { posix } from 'node:path';
import type Docker from 'dockerode';
import { EngineError } from '../engine.ts';

/*
 * Settings of an image for its containers, as far as the gateway follows them. An image is a stranger: its user, its volumes and its labels are taken
 * only where they can do no harm.
 */

/** Group of a job whose image names none that may be taken, and user too: that of distroless images, which has no home and owns nothing. */
const NOBODY = 65_532;
/** Linux has no larger id; what is larger wraps around, to root perhaps. */
const LARGEST_ID = 2 ** 31 - 1;
const MAX_VOLUMES = 8;
/** Paths where the runtime puts files that a container needs, or must not see. */
const SYSTEM_PATHS = /^\/(proc|sys|dev|etc|run)(\/|$)/;
/** Labels by which containers are found, kept and swept. */
const OUR_LABELS = /^esclusa\./;

/** Settings of an image that the gateway follows. */
export interface ImageConfig {
  /** `sha256:…` */
  readonly id: string;
  /** A number and a group's number, none of them 0. */
  readonly user: string;
  /** Paths that the image wants to be written to. */
  readonly volumes: readonly string[];
  /** Names of its labels that look like ours. */
  readonly labels: readonly string[];
}

type Inspected = Pick<Docker.ImageInspectInfo, 'Id'> & {
  readonly Config?: Partial<Pick<Docker.ImageInspectInfo['Config'], 'User' | 'Volumes' | 'Labels'>> | null;
};

/** Reads what Docker knows of an image. Throws `IMAGE_INVALID` for volumes that can't be covered. */
export function imageConfig({ Id, Config }: Inspected, image: string): ImageConfig {
  const volumes = [...new Set(Object.keys(Config?.Volumes ?? {}).map(cleanPath))].filter((path) => path !== '/tmp');
  const refused =
    volumes.length > MAX_VOLUMES
      ? `${volumes.length} volumes, and ${MAX_VOLUMES} are the most`
      : volumes.map(volumeProblem).find((problem) => problem !== undefined);
  if (refused !== undefined) throw new EngineError('IMAGE_INVALID', `the image ${image} has ${refused}: take VOLUME out of its Dockerfile; jobs write to /tmp`);
  return { id: Id, user: userOf(Config?.User ?? ''), volumes, labels: Object.keys(Config?.Labels ?? {}).filter((name) => OUR_LABELS.test(name)) };
}

/** The image's user where it is a number that is not root's; else nobody. Names are the image's own to give: `admin` may be root. */
export function userOf(user: string): string {
  const [, uid, gid] = /^([1-9][0-9]{0,9})(?::([1-9][0-9]{0,9}))?$/.exec(user) ?? [];
  if (uid === undefined || Number(uid) > LARGEST_ID) return `${NOBODY}:${NOBODY}`;
  // Without a group Docker takes the one in the image's own /etc/passwd, or root's.
  return `${uid}:${gid === undefined || Number(gid) > LARGEST_ID ? NOBODY : gid}`;
}

function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 ? clean.replace(/\/+$/, '') : clean;
}

function volumeProblem(path: string): string | undefined {
  if (!/^\/[^:\0]+$/.test(path)) return `the volume "${path.slice(0, 100)}", which is no path of a folder`;
  return SYSTEM_PATHS.test(path) ? `the volume "${path.slice(0, 100)}", which is not its own` : undefined;
}
