import { z } from 'zod';
import { listOf } from './lists.ts';

/** What becomes of a run whose columns are not those of the run before (`schemaChanges` of a dataset): a word of the contract, since a caller may choose for one run. */
export const SCHEMA_POLICIES = ['allow', 'additive', 'fail'] as const;
export type SchemaPolicy = (typeof SCHEMA_POLICIES)[number];

/** How the columns of a dataset differ from those that its pipeline's newest manifest before this one has; only those parts that there are. */
export const schemaChangesSchema = z.object({
  /** The run that it is compared with. */
  since: z.string(),
  added: listOf(z.string()).optional(),
  dropped: listOf(z.string()).optional(),
  /** Of those that were dropped and added, pairs that stand at one place with one type, and so may be one column under two names. */
  renamed: listOf(z.object({ from: z.string(), to: z.string() })).optional(),
  retyped: listOf(z.object({ name: z.string(), from: z.string(), to: z.string() })).optional(),
});
export type SchemaChanges = z.infer<typeof schemaChangesSchema>;
