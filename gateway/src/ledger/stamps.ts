import { setTimeout as sleep } from 'node:timers/promises';
import { stampEndsAt } from '@esclusa/contract';
import { type Bucket, ObjectTooLarge } from './bucket.ts';
import { z } from 'zod';
import { isUnreadable, parseJson } from '../bounded-json.ts';
import { type OpenRun, type Owner, ownerSchema } from './entries.ts';
import { type LedgerKeys, parseStampKey } from './keys.ts';
import type { LedgerProblems } from './problems.ts';

/** A second that is reserved, with who has it. */
export interface Reservation {
  readonly key: string;
  readonly run: string;
  readonly owner: Owner;
  readonly reservedAt: Date;
}

// A clock that was put back must not make anybody wait for ever.
const LONGEST_MS = 1_000;
const MAX_HOLDER_BYTES = 4_096;
const holderSchema = z.object({ run: z.string(), owner: ownerSchema });

/**
 * UTC seconds that runs have reserved at a destination, so that no two of them get the same keys. A run that ends within its second keeps it
 * until it is over, or the next one would be given the keys at which its files lie. Should a clock be wrong, completing an upload still
 * overwrites nothing.
 */
export class Stamps {
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;
  readonly #problems: LedgerProblems;
  readonly #later = new Set<Promise<void>>();

  constructor(bucket: Bucket, keys: LedgerKeys, problems: LedgerProblems) {
    this.#bucket = bucket;
    this.#keys = keys;
    this.#problems = problems;
  }

  /** Reserves a second; false when somebody else has it. A reservation repeated by the same run counts. */
  async reserve(destination: string, stamp: string, { run, owner }: OpenRun): Promise<boolean> {
    const key = this.#keys.stamp(destination, stamp);
    if ((await this.#bucket.putIfAbsent(key, JSON.stringify({ version: 1, run, owner }))) === 'written') return true;
    return (await this.#holder(key))?.run === run;
  }

  /** All that are reserved. */
  async list(): Promise<Reservation[]> {
    const found: Reservation[] = [];
    for await (const page of this.#bucket.pages(this.#keys.stampsPrefix)) {
      for (const { key, lastModified } of page) {
        const holder = await this.#holder(key);
        if (holder !== undefined) found.push({ key, ...holder, reservedAt: lastModified });
      }
    }
    return found;
  }

  /** Gives a second back, if it is the run's; one that is not over yet when it is, of which nobody needs to wait: see {@link settled}. */
  async release(destination: string, stamp: string, run: string): Promise<void> {
    await this.#release(this.#keys.stamp(destination, stamp), run);
  }

  /** Gives back every second that the run has at a destination. */
  async releaseAll(destination: string, run: string): Promise<void> {
    for (const key of await this.#bucket.list(this.#keys.stampsPrefixOf(destination))) await this.#release(key, run);
  }

  /** Resolves when seconds that are to be given back were over, and are; at most a second and what S3 takes. */
  async settled(): Promise<void> {
    await Promise.all(this.#later);
  }

  /** Gives back a second whose run is known to have ended. */
  async drop({ key }: Reservation): Promise<void> {
    await this.#bucket.delete(key);
  }

  async #release(key: string, run: string): Promise<void> {
    const ms = stampEndsAt(parseStampKey(key) ?? '') - Date.now();
    if (!(ms > 0)) return this.#giveBack(key, run);
    // What fails here, or is killed before, is found by the reconciler.
    const later: Promise<void> = sleep(Math.min(ms, LONGEST_MS))
      .then(() => this.#giveBack(key, run))
      .catch(() => undefined)
      .finally(() => this.#later.delete(later));
    this.#later.add(later);
  }

  async #giveBack(key: string, run: string): Promise<void> {
    if ((await this.#holder(key))?.run === run) await this.#bucket.delete(key);
  }

  /** Undefined also of what somebody else has put there: it costs a run the bare keys of that second, and no more. */
  async #holder(key: string): Promise<z.infer<typeof holderSchema> | undefined> {
    try {
      const text = await this.#bucket.get(key, MAX_HOLDER_BYTES);
      return text === undefined ? undefined : holderSchema.parse(parseJson(text));
    } catch (error) {
      if (!isUnreadable(error) && !(error instanceof ObjectTooLarge)) throw error;
      this.#problems.tell(key, "can't be understood");
      return undefined;
    }
  }
}
