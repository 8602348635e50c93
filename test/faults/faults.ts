import type { Turn } from '../support/s3-proxy.ts';
import { turnAfterKill } from './lab.ts';
import type { Lab } from './lab.ts';
import { DOCKER_CALLS, GATEWAY_KEYS, GATEWAY_READS, GATEWAY_WRITES, JOB_CALLS, type Point, type PointFamily } from './points.ts';
import type { Stage } from './stage.ts';

/** Something bad that happens once in a round. */
export interface Fault {
  readonly name: string;
  /** Named points that it may hit; it may hit any instant too. */
  readonly points: readonly PointFamily[];
  /** Lets it happen; gives what becomes of the call that was held for it. */
  readonly strike: (stage: Stage, lab: Lab, point: Point) => Promise<Turn>;
}

const gatewayKill: Fault = {
  name: 'gateway-kill',
  points: [...GATEWAY_WRITES, ...GATEWAY_KEYS, ...GATEWAY_READS, ...DOCKER_CALLS, ...JOB_CALLS],
  async strike(stage, _lab, point) {
    await stage.kill();
    stage.restart();
    if ('afterMs' in point) return 'forward';
    // Then the call of the dead gateway reaches its end while the next one works already.
    if (point.where === 'late') await stage.listening();
    // The jobs' own calls go on: it is not they that were killed.
    return point.side === 'job-s3' ? 'forward' : turnAfterKill(point.where);
  },
};

/** Every fault by its name. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map([gatewayKill].map((fault) => [fault.name, fault]));

/** The faults that a list of names stands for; `all` is each of them. Throws with the names that there are. */
export function faultsOf(list: string): Fault[] {
  if (list === 'all') return [...FAULTS.values()];
  return list.split(',').map((name) => {
    const fault = FAULTS.get(name);
    if (fault === undefined) throw new Error(`there is no fault "${name}"; there are ${[...FAULTS.keys()].join(', ')}, and all`);
    return fault;
  });
}
