import type { Bucket } from './bucket.ts';
import type { OpenRun, Owner } from './entries.ts';
import type { LedgerKeys } from './keys.ts';

/** A second that is reserved, with who has it. */
export interface Reservation {
  readonly key: string;
  readonly run: string;
  readonly owner: Owner;
  readonly reservedAt: Date;
}

/**
 * UTC seconds that runs have reserved at a destination, so that no two of them get the same keys. Should a clock be wrong,
 * completing an upload still overwrites nothing.
 */
export class Stamps {
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;

  constructor(bucket: Bucket, keys: LedgerKeys) {
    this.#bucket = bucket;
    this.#keys = keys;
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

  /** Gives a second back, if it is the run's. */
  async release(destination: string, stamp: string, run: string): Promise<void> {
    await this.#release(this.#keys.stamp(destination, stamp), run);
  }

  /** Gives back every second that the run has at a destination. */
  async releaseAll(destination: string, run: string): Promise<void> {
    for (const key of await this.#bucket.list(this.#keys.stampsPrefixOf(destination))) await this.#release(key, run);
  }

  /** Gives back a second whose run is known to have ended. */
  async drop({ key }: Reservation): Promise<void> {
    await this.#bucket.delete(key);
  }

  async #release(key: string, run: string): Promise<void> {
    if ((await this.#holder(key))?.run === run) await this.#bucket.delete(key);
  }

  async #holder(key: string): Promise<{ run: string; owner: Owner } | undefined> {
    const text = await this.#bucket.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as { run: string; owner: Owner });
  }
}
