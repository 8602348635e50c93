import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Commit, CONTRACT_VERSION, decideCommit, readCommit } from '@esclusa/contract';
import type { z } from 'zod';
import type { Bucket } from './bucket.ts';
import {
  type AttemptEntry,
  type Claim,
  type EndedRun,
  type OpenRun,
  type Owner,
  type Verdict,
  attemptSchema,
  claimSchema,
  endedRunSchema,
  openRunSchema,
  verdictSchema,
} from './entries.ts';
import { type LedgerKeys, type QueueEntry, attemptOf, indexName, ledgerKeys, parseAttemptKey, parseOpenKey } from './keys.ts';
import { Latest } from './latest.ts';
import { Stamps } from './stamps.ts';
import { States } from './states.ts';
import { type Swept, type SweptAttempt, sweepAttempt } from './sweep.ts';

// Ours have half of it.
const MAX_LOG_BYTES = 2 * 1024 * 1024;

/** What the gateway keeps of runs, as JSON objects in S3; nothing is kept in memory or on disk. Rejects with S3 codes. */
export class Ledger {
  /** The seconds that keys bear. */
  readonly stamps: Stamps;
  /** The newest manifest of each pipeline. */
  readonly latest: Latest;
  /** How far incremental datasets were read. */
  readonly states: States;
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;
  readonly #installation: string;

  constructor(bucket: Bucket, prefix: string, installation: string) {
    this.#bucket = bucket;
    this.#keys = ledgerKeys(prefix);
    this.#installation = installation;
    this.stamps = new Stamps(bucket, this.#keys);
    this.latest = new Latest(bucket, this.#keys);
    this.states = new States(bucket, this.#keys, (commitKey) => this.decisionAt(commitKey));
  }

  /** Accepts a run: once this resolves, it will be ended, by this gateway or the next. */
  async accept(run: OpenRun): Promise<void> {
    await this.#bucket.putIfAbsent(this.#openKey(run), JSON.stringify(run));
  }

  /** Takes back an acceptance whose answer never came: its caller is told that nothing was accepted, so it must not run later. */
  async refuse(run: OpenRun): Promise<void> {
    await this.#bucket.delete(this.#openKey(run));
  }

  /** Accepted runs of an owner that have not ended, oldest first; from their keys alone. */
  async queue(owner: Owner): Promise<QueueEntry[]> {
    return (await this.#bucket.list(this.#keys.openPrefix(owner))).flatMap((key) => parseOpenKey(key) ?? []);
  }

  /** A run that was accepted and has not ended; undefined when there is none. Rejects when its entry can't be understood. */
  async openRun(owner: Owner, entry: QueueEntry): Promise<OpenRun | undefined> {
    return this.#read(this.#keys.open(owner, entry), openRunSchema);
  }

  /** Its place in the queue, when nothing but its id is known. */
  async findOpen(owner: Owner, run: string): Promise<QueueEntry | undefined> {
    const [key] = await this.#bucket.list(this.#keys.openPrefixOf(owner, run));
    return key === undefined ? undefined : parseOpenKey(key);
  }

  /** A run that has ended; undefined when there is none of that id. */
  async endedRun(run: string): Promise<EndedRun | undefined> {
    return this.#read(this.#keys.ended(run), endedRunSchema);
  }

  /** Writes down that somebody wants a run to be cancelled. */
  async askCancel(owner: Owner, run: string): Promise<void> {
    await this.#bucket.putIfAbsent(this.#keys.cancel(owner, run), JSON.stringify({ version: 1, run, askedAt: new Date().toISOString() }));
  }

  /** Whether somebody does. */
  async cancelAsked(owner: Owner, run: string): Promise<boolean> {
    return (await this.#bucket.get(this.#keys.cancel(owner, run))) !== undefined;
  }

  /** Ids of the runs that somebody wants to be cancelled. */
  async cancels(owner: Owner): Promise<string[]> {
    return (await this.#bucket.list(this.#keys.cancelsPrefix(owner))).flatMap((key) => /([0-9a-f-]{36})\.json$/.exec(key)?.[1] ?? []);
  }

  /** Takes such a wish away, whose run has ended. */
  async forgetCancel(owner: Owner, run: string): Promise<void> {
    await this.#bucket.delete(this.#keys.cancel(owner, run));
  }

  /** What an idempotency key stands for already; `hash` stands for caller and key. */
  async claimed(owner: Owner, hash: string): Promise<Claim | undefined> {
    return this.#read(this.#keys.claim(owner, hash), claimSchema);
  }

  /** Lets an idempotency key stand for a run, unless it stands for one already; returns what is in force. */
  async claim(owner: Owner, hash: string, claim: Claim): Promise<Claim> {
    if ((await this.#bucket.putIfAbsent(this.#keys.claim(owner, hash), JSON.stringify(claim))) === 'written') return claim;
    return (await this.claimed(owner, hash)) ?? claim;
  }

  /** Writes an attempt's log down; the first writer wins. The text is masked already. */
  async writeLog(run: string, attempt: number, text: string): Promise<void> {
    await this.#bucket.putIfAbsent(this.#keys.log(run, attempt), text, 'application/x-ndjson; charset=utf-8');
  }

  /** An attempt's log, to be read or destroyed; undefined when none was written. */
  async log(run: string, attempt: number): Promise<Readable | undefined> {
    return this.#bucket.stream(this.#keys.log(run, attempt), MAX_LOG_BYTES);
  }

  /** The key that decides an attempt. */
  commitKey(run: string, attempt: number): string {
    return this.#keys.commit(run, attempt);
  }

  /** Writes down what an attempt is given; the first writer wins, and what stands there is returned. */
  async beginAttempt(entry: AttemptEntry): Promise<AttemptEntry> {
    const key = this.#keys.attempt(entry.owner, entry.run, entry.attempt);
    if ((await this.#bucket.putIfAbsent(key, JSON.stringify(entry))) === 'written') return entry;
    const first = (await this.#read(key, attemptSchema)) ?? entry;
    // The other one's second counts, so nobody will use ours.
    if (entry.reserved && first.stamp !== entry.stamp) await this.stamps.release(entry.destination, entry.stamp, entry.run);
    return first;
  }

  /** Attempts of a run so far, in order. */
  async attempts({ owner, run }: OpenRun): Promise<AttemptEntry[]> {
    const keys = (await this.#bucket.list(this.#keys.attemptsPrefixOf(owner, run))).filter((key) => parseAttemptKey(key) !== undefined);
    const entries = await Promise.all(keys.map((key) => this.#read(key, attemptSchema)));
    return entries.filter((entry) => entry !== undefined).toSorted((a, b) => a.attempt - b.attempt);
  }

  /** Attempts of which an entry or a verdict is there still, of whatever run; from the keys alone. */
  async attemptsInFlight(owner: Owner): Promise<{ run: string; attempt: number }[]> {
    const found = (await this.#bucket.list(this.#keys.attemptsPrefix(owner))).flatMap((key) => attemptOf(key) ?? []);
    return [...new Map(found.map((attempt) => [`${attempt.run}/${attempt.attempt}`, attempt])).values()];
  }

  /** One attempt's entry. */
  async attempt(owner: Owner, run: string, attempt: number): Promise<AttemptEntry | undefined> {
    return this.#read(this.#keys.attempt(owner, run, attempt), attemptSchema);
  }

  /** The decision at a commit key, if there is one yet. */
  async decisionAt(commitKey: string): Promise<Commit | undefined> {
    return readCommit(this.#bucket, commitKey);
  }

  /** Settles an attempt whose container has stopped: the manifest if the job committed, else `aborted`, from now on and for good. */
  async settle({ run, attempt, commitKey }: Pick<AttemptEntry, 'run' | 'attempt' | 'commitKey'>, reason: string): Promise<Commit> {
    return decideCommit(this.#bucket, commitKey, {
      state: 'aborted',
      contract: CONTRACT_VERSION,
      run,
      attempt,
      token: randomUUID(),
      by: `gateway ${this.#installation}`,
      reason,
      abortedAt: new Date().toISOString(),
    });
  }

  /** Decides what follows an aborted attempt; the first writer wins, and what stands there is returned. */
  async judge(owner: Owner, verdict: Verdict): Promise<Verdict> {
    const key = this.#keys.verdict(owner, verdict.run, verdict.attempt);
    if ((await this.#bucket.putIfAbsent(key, JSON.stringify(verdict))) === 'written') return verdict;
    return (await this.#read(key, verdictSchema)) ?? verdict;
  }

  /** What was decided, if it was. */
  async verdict(owner: Owner, run: string, attempt: number): Promise<Verdict | undefined> {
    return this.#read(this.#keys.verdict(owner, run, attempt), verdictSchema);
  }

  /** Takes away what a dead attempt left behind; see {@link sweepAttempt} for what it may touch and when. */
  async sweep(attempt: SweptAttempt, began: Date, state: Commit['state']): Promise<Swept> {
    return sweepAttempt(this.#bucket, attempt, began, state);
  }

  /** When an attempt began, by S3's clock, as the times of uploads are. */
  async beganAt({ owner, run, attempt, createdAt }: AttemptEntry): Promise<Date> {
    const head = await this.#bucket.head(this.#keys.attempt(owner, run, attempt));
    return head?.lastModified ?? new Date(createdAt);
  }

  /**
   * Ends a run: the final entry first, then the index, then what led to it is cleared away; returns the entry in force, which is
   * another gateway's if that was first. Repeating it does no harm. Entries of aborted attempts stay for the second sweep.
   * `resumed`: another gateway was at it before, which may have been killed between reserving a second and naming it in an attempt.
   */
  async end(ended: EndedRun, attempts: readonly AttemptEntry[], { resumed }: { resumed: boolean }): Promise<EndedRun> {
    const written = await this.#bucket.putIfAbsent(this.#keys.ended(ended.run), JSON.stringify(ended));
    const final = written === 'written' ? ended : ((await this.endedRun(ended.run)) ?? ended);
    const { owner, run, pipeline, state } = final;
    const name = indexName({ run, pipeline, state, acceptedAt: new Date(final.acceptedAt), endedAt: new Date(final.endedAt) });
    const aborted = new Set(final.attempts.filter((report) => report.state === 'aborted').map((report) => report.attempt));
    await Promise.all([
      this.#bucket.put(this.#keys.indexAll + name, '{}'),
      this.#bucket.put(this.#keys.indexOf(pipeline) + name, '{}'),
      ...attempts.filter(({ reserved }) => reserved).map(({ destination, stamp }) => this.stamps.release(destination, stamp, run)),
      ...attempts.filter(({ attempt }) => !aborted.has(attempt)).map(({ attempt }) => this.forgetAttempt(owner, run, attempt)),
      // A wish that comes after this is seen by the reconciler.
      this.forgetCancel(owner, run),
    ]);
    if (resumed) await this.stamps.releaseAll(ended.destination, run);
    // The promise goes last.
    await this.#bucket.delete(this.#openKey(ended));
    return final;
  }

  /** Deletes what was written of an attempt that is swept for good. */
  async forgetAttempt(owner: Owner, run: string, attempt: number): Promise<void> {
    await this.#bucket.delete(this.#keys.verdict(owner, run, attempt));
    await this.#bucket.delete(this.#keys.attempt(owner, run, attempt));
  }

  /** When the schedule that a pipeline has now was first seen, by S3's clock. Only the latest is kept: one that comes back is new. */
  async scheduleSeen(owner: Owner, pipeline: string, fingerprint: string): Promise<Date> {
    const key = this.#keys.schedule(owner, pipeline);
    const text = await this.#bucket.get(key);
    const known = text === undefined ? undefined : (JSON.parse(text) as { fingerprint?: unknown }).fingerprint;
    if (known !== fingerprint) await this.#bucket.put(key, JSON.stringify({ version: 1, pipeline, fingerprint }));
    return (await this.#bucket.head(key))?.lastModified ?? new Date();
  }

  #openKey(run: OpenRun): string {
    const { owner, pipeline, sourceKey, concurrency } = run;
    return this.#keys.open(owner, { run: run.run, pipeline, source: sourceKey, concurrency });
  }

  async #read<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await this.#bucket.get(key);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }
}
