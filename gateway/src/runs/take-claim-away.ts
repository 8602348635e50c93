import type { Ledger } from '../ledger/ledger.ts';
import type { Claimant } from '../ledger/states.ts';
import type { Owning } from './owner.ts';
import type { Runs } from './runs.ts';

/**
 * Takes the claim on a pipeline's states away from a run of another gateway, which may be gone for good with its host. That attempt counts as aborted from now on, unless it was
 * committed: a job that lives yet can't publish any more, and a gateway that comes back tries again. A run of this gateway keeps its claim, and is returned: it can be cancelled.
 */
export async function takeClaimAway(
  { ledger, runs, owning }: { readonly ledger: Ledger; readonly runs: Runs; readonly owning: Owning },
  pipeline: string,
): Promise<Claimant | undefined> {
  const { by } = await ledger.states.read(pipeline);
  if (by === undefined) return undefined;
  if ((await runs.find(by.run)) !== undefined) return by;
  await ledger.settleClaim(pipeline, by, await owning.owner(), 'its claim on the states was taken away');
  await ledger.states.settle(pipeline);
  return undefined;
}
