import { z } from 'zod';

/**
 * What a run has left of an incremental dataset, for the next one: how far it has read. The job's own words, as the resource's `state` in its manifest; the gateway hands
 * it on and knows none of them.
 */
export const datasetStateSchema = z.record(z.string(), z.unknown());
export type DatasetState = z.infer<typeof datasetStateSchema>;

/** Whether a dataset asks to be read in increments (`incremental`): a word of the contract, since only then a gateway keeps its state. */
export function isIncremental(dataset: { readonly incremental?: unknown }): boolean {
  return typeof dataset.incremental === 'object' && dataset.incremental !== null;
}
