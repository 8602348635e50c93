import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { committedSchema } from '@esclusa/contract';
import { z } from 'zod';
import { parseJson } from '../bounded-json.ts';
import { GatewayError } from '../errors.ts';
import { type Bucket, ifTooLarge, MAX_BYTES, ObjectTooLarge } from './bucket.ts';
import { type DecidedAttempt, type Decision, Decisions } from './decisions.ts';
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
import type { LedgerProblems } from './problems.ts';
import { SealedStore, undefinedIfUntrusted } from './sealed-store.ts';
import type { Seals } from './seals.ts';
import { Stamps } from './stamps.ts';
import { type Claimant, States } from './states.ts';
import { type Swept, type SweptAttempt, sweepAttempt } from './sweep.ts';

/** Parts from which a ledger is built. */
export interface LedgerParts {
  readonly bucket: Bucket;
  readonly prefix: string;
  readonly installation: string;
  readonly seals: Seals;
  readonly problems: LedgerProblems;
}

/** Places in line, oldest first, and the runs of those that no gateway has given: these are left alone. */
export interface Queue {
  readonly believed: readonly QueueEntry[];
  readonly others: ReadonlySet<string>;
}

const cancelSchema = z.object({ version: z.literal(1), run: z.string(), askedAt: z.string() });
const scheduleSchema = z.object({ version: z.literal(1), pipeline: z.string(), fingerprint: z.string() });

/**
 * Keeps runs as JSON objects in S3, and nothing in memory or on disk. The gateway seals the entries that it acts upon, and ignores them without their seal
 * (docs/ledger.md).
 * Rejects with S3 codes.
 */
export class Ledger {
  /** The seconds that keys bear. */
  readonly stamps: Stamps;
  /** The newest manifest of each pipeline. */
  readonly latest: Latest;
  /** How far incremental datasets were read. */
  readonly states: States;
  /** Decisions at commit keys. */
  readonly decisions: Decisions;
  readonly #bucket: Bucket;
  readonly #keys: LedgerKeys;
  readonly #seals: Seals;
  readonly #problems: LedgerProblems;
  readonly #store: SealedStore;

  constructor({ bucket, prefix, installation, seals, problems }: LedgerParts) {
    this.#bucket = bucket;
    this.#keys = ledgerKeys(prefix);
    this.#seals = seals;
    this.#problems = problems;
    this.#store = new SealedStore(bucket, seals, problems);
    this.stamps = new Stamps(bucket, this.#keys, problems);
    this.latest = new Latest(this.#store, this.#keys);
    this.decisions = new Decisions(bucket, this.#store, this.#keys, installation);
    this.states = new States(this.#store, this.#keys, (pipeline, claimant) => this.#decisionOn(pipeline, claimant));
  }

  /** True if entries are sealed, so that only a gateway can have written them. */
  get isSealed(): boolean {
    return this.#seals.active;
  }

  /** Accepts a run: once this resolves, it will be ended, by this gateway or the next. */
  async accept(run: OpenRun): Promise<void> {
    await this.#store.writeOnce(this.#openKey(run), run, openRunSchema);
  }

  /** Takes back an acceptance whose answer never came: its caller is told that nothing was accepted, so it must not run later. */
  async refuse(run: OpenRun): Promise<void> {
    await this.#bucket.delete(this.#openKey(run));
  }

  /** Accepted runs of an owner that have not ended, oldest first; from their keys alone. */
  async queue(owner: Owner): Promise<Queue> {
    return this.#queueUnder(owner, this.#keys.openPrefix(owner));
  }

  /** A run that was accepted and has not ended; undefined when there is none. Rejects with `UntrustedEntry`. */
  async openRun(owner: Owner, entry: QueueEntry): Promise<OpenRun | undefined> {
    const key = this.#keys.open(owner, entry);
    // An entry must say of itself the same as its key.
    const schema = openRunSchema.refine(
      (run) => this.#keys.openSealed(run.owner, queueEntryOf(run)) === this.#keys.openSealed(owner, entry),
      'is the entry of another key',
    );
    return this.#store.read(key, schema);
  }

  /** Its place in the queue, when nothing but its id is known. */
  async findOpen(owner: Owner, run: string): Promise<QueueEntry | undefined> {
    const { believed } = await this.#queueUnder(owner, this.#keys.openPrefixOf(owner, run));
    return believed[0];
  }

  async #queueUnder(owner: Owner, prefix: string): Promise<Queue> {
    const believed: QueueEntry[] = [];
    const others = new Set<string>();
    for await (const page of this.#bucket.pages(prefix)) {
      for (const { key, lastModified } of page) {
        const entry = parseOpenKey(key);
        if (entry === undefined) continue;
        if (this.#seals.isAuthenticName(this.#keys.openSealed(owner, entry), entry.seal, lastModified)) believed.push(entry);
        else {
          others.add(entry.run);
          this.#problems.tell(key, 'is no place in line that a gateway of this LEDGER_KEY has given');
        }
      }
    }
    return { believed, others };
  }

  /** A run that has ended; undefined when there is none of that id. */
  async endedRun(run: string): Promise<EndedRun | undefined> {
    return this.#store.read(this.#keys.ended(run), this.#endedSchema(run), MAX_BYTES.manifest);
  }

  #endedSchema(run: string): z.ZodType<EndedRun> {
    return endedRunSchema.refine((ended) => ended.run === run, 'is the entry of another run');
  }

  /** Writes down that somebody wants a run to be cancelled. */
  async askCancel(owner: Owner, run: string): Promise<void> {
    await this.#store.writeOnce(this.#keys.cancel(owner, run), { version: 1 as const, run, askedAt: new Date().toISOString() }, cancelSchema);
  }

  /** Whether somebody does. */
  async cancelAsked(owner: Owner, run: string): Promise<boolean> {
    return (await this.#store.readIfBelieved(this.#keys.cancel(owner, run), cancelSchema))?.run === run;
  }

  /** Ids of the runs that somebody wants to be cancelled. */
  async cancels(owner: Owner): Promise<string[]> {
    return (await this.#bucket.list(this.#keys.cancelsPrefix(owner))).flatMap((key) => /([0-9a-f-]{36})\.json$/.exec(key)?.[1] ?? []);
  }

  /** Takes such a wish away, whose run has ended. */
  async forgetCancel(owner: Owner, run: string): Promise<void> {
    await this.#bucket.delete(this.#keys.cancel(owner, run));
  }

  /**
   * Reads the claim of an idempotency key; `hash` stands for caller and key. Rejects with `UntrustedEntry`: read as if there were none, a run might be doubled.
   */
  async claimed(owner: Owner, hash: string): Promise<Claim | undefined> {
    return this.#store.read(this.#keys.claim(owner, hash), claimSchema);
  }

  /** Lets an idempotency key stand for a run, unless it stands for one already; returns what is in force. */
  async claim(owner: Owner, hash: string, claim: Claim): Promise<Claim> {
    return this.#store.writeOnce(this.#keys.claim(owner, hash), claim, claimSchema);
  }

  /** Writes an attempt's log down; the first gateway that does wins. The text is masked already. */
  async writeLog(run: string, attempt: number, text: string): Promise<void> {
    await this.#store.writeTextOnce(this.#keys.log(run, attempt), text, () => undefined, MAX_BYTES.log, 'application/x-ndjson; charset=utf-8');
  }

  /** An attempt's log, to be read or destroyed; undefined when none was written. */
  async log(run: string, attempt: number): Promise<Readable | undefined> {
    const key = this.#keys.log(run, attempt);
    const found = await this.#bucket.stream(key, MAX_BYTES.log).catch(ifTooLarge);
    if (!(found instanceof ObjectTooLarge)) return found;
    throw new GatewayError('JOB_CONTRACT_BROKEN', `${key} has more than ${MAX_BYTES.log} bytes, which the gateway never writes there: somebody else did`);
  }

  /** The key that decides an attempt. */
  commitKey(run: string, attempt: number): string {
    return this.#keys.commit(run, attempt);
  }

  /** Writes down what an attempt is given; the first writer wins, and what stands there is returned. */
  async beginAttempt(entry: AttemptEntry): Promise<AttemptEntry> {
    const first = await this.#store.writeOnce(this.#keys.attempt(entry.owner, entry.run, entry.attempt), entry, this.#attemptSchema(entry));
    // The other one's second counts, so nobody will use ours.
    if (first !== entry && entry.reserved && first.stamp !== entry.stamp) await this.stamps.release(entry.destination, entry.stamp, entry.run);
    return first;
  }

  /** Attempts of a run so far, in order; one whose entry is not believed was never begun. */
  async attempts({ owner, run }: Pick<OpenRun, 'owner' | 'run'>): Promise<AttemptEntry[]> {
    const numbers = (await this.#bucket.list(this.#keys.attemptsPrefixOf(owner, run))).flatMap((key) => parseAttemptKey(key)?.attempt ?? []);
    const entries = await Promise.all(numbers.map((attempt) => this.attempt(owner, run, attempt)));
    return entries.filter((entry) => entry !== undefined).toSorted((a, b) => a.attempt - b.attempt);
  }

  /** Attempts of which an entry or a verdict is there still, of whatever run; from the keys alone. */
  async attemptsInFlight(owner: Owner): Promise<{ run: string; attempt: number }[]> {
    const found = (await this.#bucket.list(this.#keys.attemptsPrefix(owner))).flatMap((key) => attemptOf(key) ?? []);
    return [...new Map(found.map((attempt) => [`${attempt.run}/${attempt.attempt}`, attempt])).values()];
  }

  /** Reads an attempt's entry; undefined if there is none, or it is not believed. */
  async attempt(owner: Owner, run: string, attempt: number): Promise<AttemptEntry | undefined> {
    return this.attemptAsItStands(owner, run, attempt).catch(undefinedIfUntrusted);
  }

  /** The same. Rejects with `UntrustedEntry`. */
  async attemptAsItStands(owner: Owner, run: string, attempt: number): Promise<AttemptEntry | undefined> {
    return this.#store.read(this.#keys.attempt(owner, run, attempt), this.#attemptSchema({ owner, run, attempt }));
  }

  /** The entry of this very attempt. */
  #attemptSchema({ owner, run, attempt }: Pick<AttemptEntry, 'owner' | 'run' | 'attempt'>): z.ZodType<AttemptEntry> {
    const key = this.#keys.attempt(owner, run, attempt);
    const commitKey = this.commitKey(run, attempt);
    const isIts = (entry: AttemptEntry): boolean => this.#keys.attempt(entry.owner, entry.run, entry.attempt) === key && entry.commitKey === commitKey;
    return attemptSchema.refine(isIts, 'is the entry of another attempt');
  }

  /** Settles an attempt whose container has stopped; see {@link Decisions.settle}. */
  async settle(attempt: DecidedAttempt, reason: string): Promise<Decision> {
    return this.decisions.settle(attempt, reason);
  }

  /**
   * The same once its run has ended: what its final entry says is for good, whatever has become of the files since, which are their readers'.
   */
  async settleAfterEnd(attempt: DecidedAttempt, reason: string): Promise<Pick<Decision, 'state' | 'seenAt'>> {
    const ended = await this.endedRun(attempt.run).catch(undefinedIfUntrusted);
    const isPublished = ended?.attempts.some((report) => report.attempt === attempt.attempt && report.state === 'committed') === true;
    return isPublished ? { state: 'committed', seenAt: new Date() } : this.settle(attempt, reason);
  }

  /** Settles the attempt of a claim on a pipeline's states, which may never have been begun. */
  async settleClaim(pipeline: string, claimant: Claimant, owner: Owner, reason: string): Promise<Decision> {
    const { run, attempt, commitKey } = claimant;
    const whose = claimant.owner ?? owner;
    const entry = await this.attempt(whose, run, attempt);
    return this.decisions.settle({ pipeline, keys: {}, ...entry, owner: whose, run, attempt, commitKey }, reason);
  }

  async #decisionOn(pipeline: string, { owner, run, attempt, commitKey }: Claimant): Promise<Decision | undefined> {
    // Claims of earlier versions do not say whose they are, and so what their attempts were asked.
    if (owner === undefined)
      return this.decisions.of({ owner: { installation: 'unknown', engine: 'unknown' }, run, attempt, commitKey, pipeline, keys: undefined });
    const entry = await this.attempt(owner, run, attempt);
    if (entry !== undefined) return this.decisions.of({ pipeline, ...entry });
    const ended = await this.#store.readIfBelieved(this.#keys.ended(run), this.#endedSchema(run), MAX_BYTES.manifest);
    return ended === undefined ? undefined : this.#decisionOfEnded(ended, commitKey);
  }

  /** Decision on an attempt whose run has ended and was cleared away. */
  async #decisionOfEnded({ state, commitKey, manifestSha256 }: EndedRun, wanted: string): Promise<Decision> {
    const seenAt = new Date();
    if (state !== 'succeeded' || commitKey !== wanted) return { state: 'aborted', seenAt };
    const text = await this.#bucket.get(commitKey, MAX_BYTES.manifest);
    const isSame = text !== undefined && manifestSha256 !== undefined && sha256(text) === manifestSha256;
    if (!isSame) return { state: 'broken', why: 'its manifest is not the one that was published', seenAt };
    return { state: 'committed', manifest: committedSchema.parse(parseJson(text)), text, seenAt };
  }

  /** Decides what follows an aborted attempt; the first writer wins, and what stands there is returned. */
  async judge(owner: Owner, verdict: Verdict): Promise<Verdict> {
    return this.#store.writeOnce(this.#keys.verdict(owner, verdict.run, verdict.attempt), verdict, verdictSchema);
  }

  /** What was decided, if it was. */
  async verdict(owner: Owner, run: string, attempt: number): Promise<Verdict | undefined> {
    return this.#store.readIfBelieved(this.#keys.verdict(owner, run, attempt), verdictSchema);
  }

  /** Takes away what a dead attempt left behind; see {@link sweepAttempt} for what it may touch and when. */
  async sweep(attempt: SweptAttempt, began: Date, state: Decision['state'], most?: number): Promise<Swept> {
    return sweepAttempt(this.#bucket, attempt, began, state === 'committed' ? state : 'aborted', most);
  }

  /** When an attempt began, by S3's clock, as the times of uploads are. */
  async beganAt({ owner, run, attempt, createdAt }: AttemptEntry): Promise<Date> {
    const head = await this.#bucket.head(this.#keys.attempt(owner, run, attempt));
    return head?.lastModified ?? new Date(createdAt);
  }

  /**
   * Ends a run: the final entry first, then the index, then what led to it is cleared away; returns the entry in force, which is
   * another gateway's if that was first. Repeating it does no harm. Entries of attempts that it tells stay until they are swept.
   * `resumed`: another gateway was at it before, which may have been killed between reserving a second and naming it in an attempt.
   */
  async end(ended: EndedRun, attempts: readonly AttemptEntry[], { entry, resumed }: { entry: QueueEntry; resumed: boolean }): Promise<EndedRun> {
    const final = await this.#store.writeOnce(this.#keys.ended(ended.run), ended, this.#endedSchema(ended.run), MAX_BYTES.manifest);
    const { owner, run, pipeline, state } = final;
    const bare = indexName({ run, pipeline, state, acceptedAt: new Date(final.acceptedAt), endedAt: new Date(final.endedAt) });
    const seal = this.#seals.nameSeal(bare);
    const name = seal === '' ? bare : `${bare}.${seal}`;
    const told = new Set(final.attempts.map((report) => report.attempt));
    await Promise.all([
      this.#bucket.put(this.#keys.indexAll + name, '{}'),
      this.#bucket.put(this.#keys.indexOf(pipeline) + name, '{}'),
      ...attempts.filter(({ reserved }) => reserved).map(({ destination, stamp }) => this.stamps.release(destination, stamp, run)),
      ...attempts.filter(({ attempt }) => !told.has(attempt)).map(({ attempt }) => this.forgetAttempt(owner, run, attempt)),
      // A wish that comes after this is seen by the reconciler.
      this.forgetCancel(owner, run),
    ]);
    if (resumed) await this.stamps.releaseAll(ended.destination, run);
    // The promise goes last.
    await this.#bucket.delete(this.#keys.open(ended.owner, entry));
    return final;
  }

  /** Deletes what was written of an attempt that is swept for good. */
  async forgetAttempt(owner: Owner, run: string, attempt: number): Promise<void> {
    await this.#bucket.delete(this.#keys.verdict(owner, run, attempt));
    await this.#bucket.delete(this.#keys.decision(owner, run, attempt));
    await this.#bucket.delete(this.#keys.attempt(owner, run, attempt));
  }

  /** When the schedule that a pipeline has now was first seen, by S3's clock. Only the latest is kept: one that comes back is new. */
  async scheduleSeen(owner: Owner, pipeline: string, fingerprint: string): Promise<Date> {
    const key = this.#keys.schedule(owner, pipeline);
    const known = await this.#store.readIfBelieved(key, scheduleSchema);
    if (known?.pipeline !== pipeline || known.fingerprint !== fingerprint) await this.#store.write(key, { version: 1, pipeline, fingerprint });
    return (await this.#bucket.head(key))?.lastModified ?? new Date();
  }

  /** The place in line of a run that is about to be accepted, with its seal. */
  placeOf(run: OpenRun): QueueEntry {
    const entry = queueEntryOf(run);
    const seal = this.#seals.nameSeal(this.#keys.openSealed(run.owner, entry));
    return seal === '' ? entry : { ...entry, seal };
  }

  #openKey(run: OpenRun): string {
    return this.#keys.open(run.owner, this.placeOf(run));
  }
}

/** A run's place in the queue, without the seal that its key may have. */
function queueEntryOf({ run, pipeline, sourceKey: source, concurrency }: OpenRun): QueueEntry {
  return { run, pipeline, source, concurrency };
}

/** Lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
