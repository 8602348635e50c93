import type { Random } from './random.ts';

/** Whose calls: the gateway's on S3, the jobs' on S3, or the gateway's on the Docker Engine. */
export type Side = 's3' | 'job-s3' | 'docker';

/**
 * Where in a call: before the other side sees it (it never will); after it was done and before the answer goes back; or `late`:
 * the call reaches the other side only once the fault is over, as a packet that was on its way.
 */
export type Where = 'before' | 'after' | 'late';

/** The `nth` call of its name since the round began. */
export interface NamedPoint {
  readonly side: Side;
  readonly operation: string;
  readonly where: Where;
  readonly nth: number;
}

/** So many milliseconds after the load began. */
export interface Instant {
  readonly afterMs: number;
}

export type Point = NamedPoint | Instant;

/** Points that a fault may be planned at; `most` is the largest `nth` that every round comes to. */
export interface PointFamily {
  readonly side: Side;
  readonly operation: string;
  readonly wheres: readonly Where[];
  readonly most: number;
}

/** As it is written: `s3:PutOpen:before#3`, `docker:start:after#1`, `random:1234ms`. */
export function nameOf(point: Point): string {
  if ('afterMs' in point) return `random:${point.afterMs}ms`;
  return `${point.side}:${point.operation}:${point.where}#${point.nth}`;
}

/** Reads what {@link nameOf} writes; `#1` may be left out. Throws with what is allowed. */
export function parsePoint(text: string): Point {
  const instant = /^random:(\d+)ms$/.exec(text)?.[1];
  if (instant !== undefined) return { afterMs: Number(instant) };
  const [, side, operation, where, nth = '1'] = /^(s3|job-s3|docker):([A-Za-z]+):(before|after|late)(?:#(\d+))?$/.exec(text) ?? [];
  if (side === undefined || operation === undefined || where === undefined) {
    throw new Error(`"${text}" is no point; write s3:<operation>:<before|after|late>#<nth>, job-s3:…, docker:… or random:<ms>ms`);
  }
  return { side: side as Side, operation, where: where as Where, nth: Number(nth) };
}

/** A point for a round: one in four is an instant between `fromMs` and `toMs`, where instants may be, and the rest are named ones. */
export function planPoint(
  random: Random,
  { points, instants = true }: { readonly points: readonly PointFamily[]; readonly instants?: boolean },
  [fromMs, toMs]: readonly [number, number],
): Point {
  const named = !random.chance(0.25) || !instants;
  if (points.length === 0 || !named) return { afterMs: random.integer(fromMs, toMs) };
  const { side, operation, wheres, most } = random.pick(points);
  return { side, operation, where: random.pick(wheres), nth: random.integer(1, most) };
}

const EVERYWHERE: readonly Where[] = ['before', 'after', 'late'];
// What only asks changes nothing, so it makes no difference whether it comes late.
const ASKING: readonly Where[] = ['before', 'after'];

function family(side: Side, most: number, wheres: readonly Where[], operations: readonly string[]): PointFamily[] {
  return operations.map((operation) => ({ side, operation, wheres, most }));
}

/** What the gateway asks of S3 for each run. */
export const GATEWAY_WRITES = family('s3', 8, EVERYWHERE, ['PutOpen', 'PutStamp', 'PutAttempt', 'PutLog', 'PutFinal', 'PutIndex', 'DeleteOpen']);
export const GATEWAY_READS = family('s3', 2, ASKING, ['ListOpen', 'ListAttempt', 'GetCommitKey']);
export const GATEWAY_KEYS = family('s3', 3, EVERYWHERE, ['PutIdem']);
/** What the gateway asks of the Docker Engine for each run. */
export const DOCKER_CALLS = [
  ...family('docker', 8, EVERYWHERE, ['create', 'start', 'remove']),
  ...family('docker', 8, ASKING, ['attach', 'wait', 'inspect', 'logs']),
  ...family('docker', 2, ASKING, ['list']),
];
/** What jobs ask of S3. */
export const JOB_CALLS = family('job-s3', 8, ['before', 'after'], ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutCommitKey']);
/** The same, for a fault that kills who asks. */
export const JOB_WRITES = JOB_CALLS.map((calls) => ({ ...calls, wheres: EVERYWHERE }));

/** The points of some families that lie in one place of the call. */
export function only(where: Where, families: readonly PointFamily[]): PointFamily[] {
  return families.filter(({ wheres }) => wheres.includes(where)).map((calls) => ({ ...calls, wheres: [where] }));
}
