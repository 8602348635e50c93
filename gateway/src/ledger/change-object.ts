import { setTimeout as sleep } from 'node:timers/promises';
import type { Bucket, TaggedObject } from './bucket.ts';

const TRIES = 10;
const PAUSE_MS = 100;

/** What becomes of an object: another text, or none; and what whoever asked is told. */
export interface Change<Told> {
  /** Undefined where it stays as it is. */
  readonly text: string | undefined;
  readonly told: Told;
}

/**
 * Changes an object by what `decide` makes of what stands there, by a PUT onto that very content alone: who was overtaken reads and decides again. Rejects when others are
 * quicker each time.
 */
export async function changeObject<Told>(bucket: Bucket, key: string, decide: (there: TaggedObject | undefined) => Promise<Change<Told>>): Promise<Told> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const there = await bucket.getTagged(key);
    const { text, told } = await decide(there);
    if (text === undefined) return told;
    const put = there === undefined ? await bucket.putIfAbsent(key, text) : await bucket.putIfMatch(key, text, there.etag);
    if (put === 'written') return told;
    await sleep(PAUSE_MS * tried);
  }
  throw new Error(`${key} was written by others ${TRIES} times in a row`);
}
