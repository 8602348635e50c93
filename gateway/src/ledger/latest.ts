import { type Manifest, committedSchema } from '@esclusa/contract';
import type { Bucket } from './bucket.ts';
import { changeObject } from './change-object.ts';
import type { LedgerKeys } from './keys.ts';

/** What decides which of two manifests is the newer. */
export type Dated = Pick<Manifest, 'run' | 'created' | 'snapshot'>;

/** What came of a try to make a manifest the latest; `mended`: what stood there was no manifest. */
export type Advanced = 'moved' | 'kept' | 'mended';

/** Whether a manifest tells of a later point in time than the one that stands: by its snapshot, and for the same instant by its run; pure. */
export function isNewer(manifest: Dated, standing: Dated): boolean {
  const [mine, theirs] = [instantOf(manifest), instantOf(standing)];
  // Ids of runs sort by time.
  return mine === theirs ? manifest.run > standing.run : mine > theirs;
}

/** In microseconds, as sources tell it; Date knows milliseconds alone. */
function instantOf({ snapshot, created }: Dated): number {
  const text = snapshot.takenAt ?? created;
  const [, beyond = ''] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  return Date.parse(text) * 1_000 + Number(beyond.padEnd(3, '0'));
}

/** The manifest of each pipeline's newest run, at a key that never changes. It moves forward only, whoever writes it and however late. */
export class Latest {
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;

  constructor(bucket: Bucket, keys: LedgerKeys) {
    this.#bucket = bucket;
    this.#keys = keys;
  }

  /** Where a pipeline's stands, if there is one. */
  keyOf(pipeline: string): string {
    return this.#keys.latest(pipeline);
  }

  /** Writes the manifest at a commit key there, unless a newer one stands there, or it itself. Rejects when others are quicker each time. */
  async advance(pipeline: string, commitKey: string): Promise<Advanced> {
    const key = this.#keys.latest(pipeline);
    const text = await this.#bucket.get(commitKey);
    const manifest = text === undefined ? undefined : readManifest(text);
    // Somebody has deleted it since: there is nothing to point at.
    if (text === undefined || manifest === undefined) return 'kept';
    return changeObject<Advanced>(this.#bucket, key, async (there) => {
      const standing = there === undefined ? undefined : readManifest(there.text);
      if (standing !== undefined && !isNewer(manifest, standing)) return { text: undefined, told: 'kept' };
      return { text, told: there !== undefined && standing === undefined ? 'mended' : 'moved' };
    });
  }
}

/** Undefined for what is no manifest. */
function readManifest(text: string): Manifest | undefined {
  try {
    return committedSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
