import { randomUUID } from 'node:crypto';
import { type Commit, CONTRACT_VERSION, decideCommit, readCommit } from '@esclusa/contract';
import type { z } from 'zod';
import type { Bucket } from './bucket.ts';
import { type AttemptEntry, type EndedRun, type OpenRun, type Owner, attemptSchema, endedRunSchema, openRunSchema } from './entries.ts';
import { type LedgerKeys, ledgerKeys } from './keys.ts';
import { type Swept, sweepAttempt } from './sweep.ts';

/** What the gateway keeps of runs, as JSON objects in S3; nothing is kept in memory or on disk. Rejects with S3 codes. */
export class Ledger {
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;
  readonly #owner: string;

  constructor(bucket: Bucket, prefix: string, installation: string) {
    this.#bucket = bucket;
    this.#keys = ledgerKeys(prefix);
    this.#owner = installation;
  }

  /** Accepts a run: once this resolves, it will be ended, by this gateway or the next. */
  async accept(run: OpenRun): Promise<void> {
    await this.#bucket.putIfAbsent(this.#keys.open(run.run), JSON.stringify(run));
  }

  /** Takes back an acceptance whose answer never came: its caller is told that nothing was accepted, so it must not run later. */
  async refuse(run: OpenRun): Promise<void> {
    await this.#bucket.delete(this.#keys.open(run.run));
  }

  /** Runs of an owner that were accepted and have not ended, oldest first. */
  async openRuns(owner: Owner): Promise<OpenRun[]> {
    const runs: OpenRun[] = [];
    for (const key of await this.#bucket.list(this.#keys.openPrefix)) {
      const run = await this.#read(key, openRunSchema);
      if (run !== undefined && run.owner.installation === owner.installation && run.owner.engine === owner.engine) runs.push(run);
    }
    return runs;
  }

  /** A run that was accepted and has not ended; undefined when there is none of that id. */
  async openRun(run: string): Promise<OpenRun | undefined> {
    return this.#read(this.#keys.open(run), openRunSchema);
  }

  /** A run that has ended; undefined when there is none of that id. */
  async endedRun(run: string): Promise<EndedRun | undefined> {
    return this.#read(this.#keys.ended(run), endedRunSchema);
  }

  /** Writes an attempt's log down; the first writer wins. The text is masked already. */
  async writeLog(run: string, attempt: number, text: string): Promise<void> {
    await this.#bucket.putIfAbsent(this.#keys.log(run, attempt), text, 'application/x-ndjson; charset=utf-8');
  }

  /** An attempt's log; undefined when none was written. */
  async log(run: string, attempt: number): Promise<string | undefined> {
    return this.#bucket.get(this.#keys.log(run, attempt));
  }

  /** Whether a run has not ended. */
  async isOpen(run: string): Promise<boolean> {
    return (await this.#bucket.get(this.#keys.open(run))) !== undefined;
  }

  /** Reserves a UTC second for a destination; false when somebody else has it. A reservation repeated by the same run counts. */
  async reserveStamp(destination: string, stamp: string, run: string): Promise<boolean> {
    const key = this.#keys.stamp(destination, stamp);
    if ((await this.#bucket.putIfAbsent(key, JSON.stringify({ version: 1, run }))) === 'written') return true;
    const text = await this.#bucket.get(key);
    return text !== undefined && (JSON.parse(text) as { run?: unknown }).run === run;
  }

  /** The key that decides an attempt. */
  commitKey(run: string, attempt: number): string {
    return this.#keys.commit(run, attempt);
  }

  /** Writes down what an attempt is given; the first writer wins, and what stands there is returned. */
  async beginAttempt(entry: AttemptEntry): Promise<AttemptEntry> {
    const key = this.#keys.attempt(entry.run, entry.attempt);
    if ((await this.#bucket.putIfAbsent(key, JSON.stringify(entry))) === 'written') return entry;
    return (await this.#read(key, attemptSchema)) ?? entry;
  }

  /** Attempts of a run so far, in order. */
  async attempts(run: string): Promise<AttemptEntry[]> {
    const entries: AttemptEntry[] = [];
    for (const key of await this.#bucket.list(this.#keys.attemptsPrefix(run))) {
      const entry = await this.#read(key, attemptSchema);
      if (entry !== undefined) entries.push(entry);
    }
    return entries.toSorted((a, b) => a.attempt - b.attempt);
  }

  /** The decision at a commit key, if there is one yet. */
  async decisionAt(commitKey: string): Promise<Commit | undefined> {
    return readCommit(this.#bucket, commitKey);
  }

  /** Settles an attempt whose container has stopped: the manifest if the job committed, else `aborted`, from now on and for good. */
  async settle(entry: AttemptEntry, reason: string): Promise<Commit> {
    return decideCommit(this.#bucket, entry.commitKey, {
      state: 'aborted',
      version: CONTRACT_VERSION,
      run: entry.run,
      attempt: entry.attempt,
      token: randomUUID(),
      by: `gateway ${this.#owner}`,
      reason,
      abortedAt: new Date().toISOString(),
    });
  }

  /**
   * Takes away what an aborted attempt left behind; see {@link sweepAttempt} for what it may touch. `began` is when the attempt
   * began by S3's clock, as {@link beganAt} gives it while the attempt's entry is there.
   */
  async sweep(entry: AttemptEntry, began: Date): Promise<Swept> {
    return sweepAttempt(this.#bucket, entry, began);
  }

  /** When an attempt began, by S3's clock. */
  async beganAt(entry: AttemptEntry): Promise<Date> {
    const head = await this.#bucket.head(this.#keys.attempt(entry.run, entry.attempt));
    return head?.lastModified ?? new Date(entry.createdAt);
  }

  /** Ends a run: the final entry first, then what led to it is cleared away. Repeating it does no harm; the first entry stays. */
  async end(ended: EndedRun, attempts: readonly AttemptEntry[]): Promise<void> {
    await this.#bucket.putIfAbsent(this.#keys.ended(ended.run), JSON.stringify(ended));
    await this.#releaseStamps(ended);
    for (const { attempt } of attempts) await this.#bucket.delete(this.#keys.attempt(ended.run, attempt));
    await this.#bucket.delete(this.#keys.open(ended.run));
  }

  // Their seconds are over, so nobody will ask for them again; should a clock be wrong, completing an upload still overwrites nothing.
  // All that bear the run are looked for: a gateway killed between a reservation and its attempt's entry leaves one that no entry names.
  async #releaseStamps({ run, destination }: OpenRun): Promise<void> {
    for (const key of await this.#bucket.list(this.#keys.stampsPrefix(destination))) {
      const text = await this.#bucket.get(key);
      if (text !== undefined && (JSON.parse(text) as { run?: unknown }).run === run) await this.#bucket.delete(key);
    }
  }

  async #read<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await this.#bucket.get(key);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }
}
