import { type Commit, commitSchema } from './commit.ts';

/** The two calls on S3 that deciding needs; the job's sink and the gateway's ledger each bring their own. */
export interface CommitStore {
  /** PUT with `If-None-Match: *`. `exists` when something stands there already, be it from an earlier try of this very call. */
  putIfAbsent(key: string, body: string): Promise<'written' | 'exists'>;
  /** The object's text, or undefined when there is none. */
  get(key: string): Promise<string | undefined>;
}

/**
 * Writes `mine` to the commit key unless a decision stands there, and returns the decision in force: the first writer wins.
 * The caller compares `token` (or `state`) with its own to see who won. Rejects when the store can't be reached, in which case
 * the decision is unknown and nothing may be deleted.
 */
export async function decideCommit(store: CommitStore, key: string, mine: Commit): Promise<Commit> {
  if ((await store.putIfAbsent(key, JSON.stringify(mine))) === 'written') return mine;
  const decided = await readCommit(store, key);
  if (decided === undefined) throw new Error(`the commit key ${key} refused a write and then was not there to read`);
  return decided;
}

/** The decision at a commit key, or undefined while there is none. Rejects when what stands there is no decision. */
export async function readCommit(store: CommitStore, key: string): Promise<Commit | undefined> {
  const text = await store.get(key);
  return text === undefined ? undefined : commitOf(JSON.parse(text));
}

/** The decision that a document is. Throws a ZodError for one that is none. */
export function commitOf(document: unknown): Commit {
  // Before the manifest was a Data Package, `contract` was `version`: what was given up then is given up still.
  const isEarlier = typeof document === 'object' && document !== null && 'version' in document && !('contract' in document);
  if (!isEarlier) return commitSchema.parse(document);
  const { version, ...decision } = document;
  return commitSchema.parse({ ...decision, contract: version });
}
