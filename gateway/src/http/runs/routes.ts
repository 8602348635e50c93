import type { Listing } from '../../runs/listing.ts';
import type { RunLookUp } from '../../runs/look-up.ts';
import type { Runs } from '../../runs/runs.ts';
import type { Slots } from '../../runs/slots.ts';
import type { HttpBounds } from '../bounds.ts';
import type { Route } from '../route.ts';
import { cancelRun, getRun } from './document.ts';
import { followEvents } from './events.ts';
import { listRuns } from './list.ts';
import { readLogs } from './logs.ts';

/** What the routes of runs work with. */
export interface RunServices {
  readonly runs: Runs;
  readonly lookUp: RunLookUp;
  readonly listing: Listing;
  readonly slots: Slots;
  readonly bounds: HttpBounds;
}

/** `/api/runs`: what runs there are, what became of one, what it says, and cancelling it. */
export function runRoutes(services: RunServices): Route[] {
  return [listRuns(services), getRun(services), cancelRun(services), readLogs(services), followEvents(services)];
}
