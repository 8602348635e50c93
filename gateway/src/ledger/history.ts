import type { Bucket, ListedObject } from './bucket.ts';
import type { Owner } from './entries.ts';
import { type IndexEntry, type LedgerKeys, indexName, ledgerKeys, parseIndexName, sortKey } from './keys.ts';
import type { Seals } from './seals.ts';

/** Which ended runs are wanted, newest first. */
export interface HistoryQuery {
  readonly pipeline?: string | undefined;
  readonly states?: ReadonlySet<string> | undefined;
  /** Accepted at this instant or later. */
  readonly since?: Date | undefined;
  /** Accepted before this instant. */
  readonly until?: Date | undefined;
  /** Where an earlier page ended. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of ended runs. `next` is where to go on; undefined when there are no more. A page may be short, or empty, and still have one. */
export interface HistoryPage {
  readonly runs: readonly IndexEntry[];
  readonly next: string | undefined;
}

// A rare state among very many runs must not hold a request up for long: then the caller goes on from there.
const MAX_PAGES_READ = 20;
const MINUTE_MS = 60_000;

/** Ended runs by their index: filters and pages cost listings and not one GET. */
export class History {
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;
  readonly #seals: Seals;

  constructor(bucket: Bucket, prefix: string, seals: Seals) {
    this.#bucket = bucket;
    this.#keys = ledgerKeys(prefix);
    this.#seals = seals;
  }

  /** One page. */
  async page({ pipeline, states, since, until, after, limit }: HistoryQuery): Promise<HistoryPage> {
    const prefix = pipeline === undefined ? this.#keys.indexAll : this.#keys.indexOf(pipeline);
    // "~" comes after every character of an id: what was accepted at `until` itself is passed over.
    const start = after ?? (until === undefined ? undefined : `${sortKey(until)}~`);
    const runs: IndexEntry[] = [];
    let pages = 0;
    let last = start;
    const unfiltered = states === undefined && since === undefined;
    const size = unfiltered ? Math.min(limit + 1, 1_000) : 1_000;
    for await (const page of this.#bucket.pages(prefix, { after: start === undefined ? undefined : prefix + start, size })) {
      for (const object of page) {
        const entry = this.#believed(object);
        // Gone past too: a flood of names that nobody believes must not hold a reader at one place for good.
        if (entry === undefined) last = cursorOfName(object.key) ?? last;
        if (entry === undefined || (pipeline !== undefined && entry.pipeline !== pipeline)) continue;
        if (since !== undefined && entry.acceptedAt < since) return { runs, next: undefined };
        if (runs.length === limit) return { runs, next: last };
        last = cursorOf(entry);
        if (states === undefined || states.has(entry.state)) runs.push(entry);
      }
      pages++;
      if (pages >= MAX_PAGES_READ) return { runs, next: last };
    }
    return { runs, next: undefined };
  }

  /** Deletes what is known of runs that were accepted before an instant, but for the manifests of those that published; returns how many. */
  async expire(owner: Owner, before: Date): Promise<number> {
    let expired = 0;
    const prefix = this.#keys.indexAll;
    for await (const page of this.#bucket.pages(prefix, { after: `${prefix}${sortKey(before)}~` })) {
      for (const object of page) {
        const entry = this.#believed(object);
        if (entry === undefined || !isOfItsTime(entry)) continue;
        await this.#forget(entry, object.key.slice(prefix.length));
        expired++;
      }
    }
    for await (const page of this.#bucket.pages(this.#keys.claimsPrefix(owner))) {
      for (const { key, lastModified } of page) if (lastModified < before) await this.#bucket.delete(key);
    }
    return expired;
  }

  /** Undefined for what no gateway has put into the index. */
  #believed({ key, lastModified }: ListedObject): IndexEntry | undefined {
    const entry = parseIndexName(key);
    return entry !== undefined && this.#seals.isAuthenticName(indexName(entry), entry.seal, lastModified) ? entry : undefined;
  }

  /** The index goes last, so that one who is interrupted finds the run again. */
  async #forget({ run, pipeline, state }: IndexEntry, name: string): Promise<void> {
    const logs = await this.#bucket.list(this.#keys.logsPrefixOf(run));
    const commits = await this.#bucket.list(this.#keys.commitsPrefixOf(run));
    // The last decision of a run that succeeded is its manifest, which goes with the data.
    const decisions = state === 'succeeded' ? commits.toSorted(byNumber).slice(0, -1) : commits;
    for (const key of [...logs, ...decisions, this.#keys.ended(run), this.#keys.indexOf(pipeline) + name, this.#keys.indexAll + name]) {
      await this.#bucket.delete(key);
    }
  }
}

/** Cursor that goes on after a run. "~" sorts after the rest of its name in the index. The name's seal stays out of it: callers must not see it. */
export function cursorOf({ acceptedAt, run }: Pick<IndexEntry, 'acceptedAt' | 'run'>): string {
  return `${sortKey(acceptedAt)}.${run}~`;
}

function cursorOfName(key: string): string | undefined {
  const entry = parseIndexName(key);
  return entry === undefined ? undefined : cursorOf(entry);
}

/** Tells if a name has the same time as its run's id (UUIDv7). With an old name, a forger could have a young run deleted. */
function isOfItsTime({ run, acceptedAt }: IndexEntry): boolean {
  const bornAt = Number.parseInt(run.slice(0, 8) + run.slice(9, 13), 16);
  return Math.abs(bornAt - acceptedAt.getTime()) < MINUTE_MS;
}

function attemptOf(commitKey: string): number {
  return Number(/(\d+)\.json$/.exec(commitKey)?.[1]);
}

function byNumber(a: string, b: string): number {
  return attemptOf(a) - attemptOf(b);
}
