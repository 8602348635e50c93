import { type Column, type Manifest, committedSchema, resourceOf } from '@esclusa/contract';
import { parseJson } from '../bounded-json.ts';
import { MAX_BYTES, type TaggedObject } from './bucket.ts';
import type { LedgerKeys } from './keys.ts';
import type { SealedStore } from './sealed-store.ts';

/** Order of two manifests; `seenAt`: when S3 had it, by its own clock. */
export interface Dated extends Pick<Manifest, 'run' | 'created' | 'snapshot'> {
  readonly seenAt: Date;
}

/** Outcome of a try to make a manifest the latest; `mended`: the object there was no manifest of ours. */
export type Advanced = 'moved' | 'kept' | 'mended';

/** Columns of the pipeline's newest run before, for jobs to compare theirs with. */
export interface PreviousColumns {
  readonly run: string;
  /** Per dataset. */
  readonly datasets: Readonly<Record<string, readonly Column[]>>;
}

// S3 tells times by the second.
const SECOND_MS = 1_000;

/** Returns true if a manifest tells of a later point in time than the one that stands, or none does: by its snapshot, and for the same instant by its run; pure. */
export function isNewer(manifest: Dated, standing: Dated | undefined): boolean {
  if (standing === undefined) return true;
  const [mine, theirs] = [instantOf(manifest), instantOf(standing)];
  // Ids of runs sort by time.
  return mine === theirs ? manifest.run > standing.run : mine > theirs;
}

/**
 * In microseconds, as sources tell it; Date knows milliseconds alone. A source whose clock is ahead of S3's can't have read what was not yet: such an instant counts as the one
 * at which S3 had the manifest.
 */
function instantOf({ snapshot, created, seenAt }: Dated): number {
  const text = snapshot.takenAt ?? created;
  const [, beyond = ''] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  const told = Date.parse(text) * 1_000 + Number(beyond.padEnd(3, '0'));
  const seen = seenAt.getTime() * 1_000;
  // Without the second that it is allowed: a run right behind it is newer.
  return told > seen + SECOND_MS * 1_000 ? seen : told;
}

/** The manifest of each pipeline's newest run, at a key that never changes. It moves forward only, whoever writes it and however late. */
export class Latest {
  readonly #store: SealedStore;
  readonly #keys: LedgerKeys;
  /** The newest manifest of each pipeline that S3 has not taken yet. */
  readonly #coming = new Map<string, Manifest & Dated>();

  constructor(store: SealedStore, keys: LedgerKeys) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Where a pipeline's stands, if there is one. */
  keyOf(pipeline: string): string {
    return this.#keys.latest(pipeline);
  }

  /** Writes a manifest there, letter for letter, unless a newer one stands there, or it itself. Rejects when others are quicker each time. */
  async advance(pipeline: string, { manifest, text, seenAt }: { manifest: Manifest; text: string; seenAt: Date }): Promise<Advanced> {
    const mine = { ...manifest, seenAt };
    if (isNewer(mine, this.#coming.get(pipeline))) this.#coming.set(pipeline, mine);
    const decide = async (there: TaggedObject | undefined, isForged: boolean) => {
      const standing = there === undefined ? undefined : readManifest(there);
      if (!isNewer(mine, standing)) return { text: undefined, told: 'kept' as const };
      return { text, told: (there !== undefined && standing === undefined) || isForged ? ('mended' as const) : ('moved' as const) };
    };
    const told = await this.#store.change<Advanced>(this.keyOf(pipeline), decide, { maxBytes: MAX_BYTES.manifest });
    if (this.#coming.get(pipeline)?.run === mine.run) this.#coming.delete(pipeline);
    return told;
  }

  /**
   * The columns of some datasets in the pipeline's latest manifest, or in one of this gateway's runs that is to become it; undefined where there is none that is
   * believed.
   */
  async columns(pipeline: string, datasets: readonly string[]): Promise<PreviousColumns | undefined> {
    // Read before S3 is asked, so that a manifest which S3 takes meanwhile is seen here or there.
    const coming = this.#coming.get(pipeline);
    const there = await this.#store.taggedIfBelieved(this.keyOf(pipeline), MAX_BYTES.manifest);
    const standing = there === undefined ? undefined : readManifest(there);
    const manifest = coming !== undefined && isNewer(coming, standing) ? coming : standing;
    if (manifest === undefined) return undefined;
    const known = datasets.flatMap((name) => {
      const fields = resourceOf(manifest, name)?.schema?.fields;
      return fields === undefined ? [] : [[name, fields] as const];
    });
    return { run: manifest.run, datasets: Object.fromEntries(known) };
  }
}

/** Undefined for what is no manifest. */
function readManifest({ text, lastModified }: TaggedObject): (Manifest & { readonly seenAt: Date }) | undefined {
  try {
    const { data } = committedSchema.safeParse(parseJson(text));
    return data === undefined ? undefined : { ...data, seenAt: lastModified };
  } catch {
    return undefined;
  }
}
