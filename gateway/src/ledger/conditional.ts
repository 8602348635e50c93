import type { Bucket } from './bucket.ts';
import { ledgerKeys } from './keys.ts';

/** Whether S3 keeps to `If-None-Match`, on which everything rests that is decided once; asked until S3 has answered. */
export class Conditions {
  readonly #bucket: Bucket;
  readonly #prefix: string;
  #honoured: boolean | undefined;

  constructor(bucket: Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  /** What is wrong and what mends it; undefined while nothing is known to be. */
  get problem(): string | undefined {
    if (this.#honoured !== false) return undefined;
    return 'this S3 ignores If-None-Match on PUT, so that runs could be lost or doubled: use one that honours it (AWS S3, MinIO, Ceph from Reef on), without a proxy that drops the header';
  }

  /**
   * Writes a key that may be there already: of two PUTs the second must be refused. It stays, so that gateways which look at the same
   * time, or die while they look, mislead nobody. Rejects when S3 can't be reached.
   */
  async look(): Promise<void> {
    if (this.#honoured !== undefined) return;
    const { probe } = ledgerKeys(this.#prefix);
    const first = await this.#bucket.putIfAbsent(probe, '{}');
    this.#honoured = first === 'exists' || (await this.#bucket.putIfAbsent(probe, '{}')) === 'exists';
  }
}
