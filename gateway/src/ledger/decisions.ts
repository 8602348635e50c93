import { randomUUID } from 'node:crypto';
import { type Aborted, CONTRACT_VERSION, type Commit, type Manifest, commitOf, committedSchema, filesOf } from '@esclusa/contract';
import PQueue from 'p-queue';
import { z } from 'zod';
import { isUnreadable, parseJson } from '../bounded-json.ts';
import { type Bucket, ifTooLarge, MAX_BYTES, ObjectTooLarge, type TaggedObject } from './bucket.ts';
import { fileProblem, manifestProblem } from './check-manifest.ts';
import type { Owner } from './entries.ts';
import type { LedgerKeys } from './keys.ts';
import type { SealedStore } from './sealed-store.ts';

/** An attempt whose decision is asked for, with what its manifest is held against. */
export interface DecidedAttempt {
  readonly owner: Owner;
  readonly run: string;
  readonly attempt: number;
  readonly commitKey: string;
  readonly pipeline?: string | undefined;
  readonly job?: string | undefined;
  /** Key per dataset; undefined where nobody knows any more. */
  readonly keys: Readonly<Record<string, string>> | undefined;
}

/** A decision as the gateway acts on it, with when it was seen first, by S3's clock: the manifest, `aborted`, or something that is neither. */
export type Decision =
  | { readonly state: 'committed'; readonly manifest: Manifest; readonly text: string; readonly seenAt: Date }
  | { readonly state: 'aborted'; readonly seenAt: Date }
  | { readonly state: 'broken'; readonly why: string; readonly seenAt: Date };

const keptSchema = z.discriminatedUnion('state', [z.object({ state: z.literal('aborted') }), z.object({ state: z.literal('broken'), why: z.string() })]);
const HEADS_AT_ONCE = 16;
// Large manifests are read and judged one after the other: many jobs must not fill the gateway's memory together.
const LARGE_BYTES = 256 * 1024;

/**
 * Decisions at commit keys, which jobs write. None is believed by its place: a manifest is held against what its attempt was asked and against the files that it names, and
 * the first decision that was seen so is kept, sealed, where jobs do not write; what stands at the commit key later changes nothing.
 */
export class Decisions {
  readonly #bucket: Bucket;
  readonly #store: SealedStore;
  readonly #keys: LedgerKeys;
  readonly #installation: string;
  readonly #large = new PQueue({ concurrency: 1 });

  constructor(bucket: Bucket, store: SealedStore, keys: LedgerKeys, installation: string) {
    this.#bucket = bucket;
    this.#store = store;
    this.#keys = keys;
    this.#installation = installation;
  }

  /** The decision on an attempt; undefined while there is none. */
  async of(attempt: DecidedAttempt): Promise<Decision | undefined> {
    const [seen, there] = await Promise.all([this.#seen(attempt), this.#read(attempt, LARGE_BYTES)]);
    if (seen !== undefined || there === undefined) return seen;
    if (!(there instanceof ObjectTooLarge)) return this.#keep(attempt, await this.#judge(attempt, there));
    return this.#large.add(async () => {
      const whole = await this.#read(attempt, MAX_BYTES.manifest);
      return whole === undefined ? undefined : this.#keep(attempt, await this.#judge(attempt, whole));
    });
  }

  /** Settles an attempt whose container has stopped: what was decided, else `aborted`, from now on and for good. */
  async settle(attempt: DecidedAttempt, reason: string): Promise<Decision> {
    for (;;) {
      const known = await this.of(attempt);
      if (known !== undefined) return known;
      const text = JSON.stringify(this.#aborted(attempt, reason));
      if ((await this.#bucket.putIfAbsent(attempt.commitKey, text)) === 'written') return this.#keep(attempt, { state: 'aborted', seenAt: new Date() });
    }
  }

  async #seen({ owner, run, attempt }: DecidedAttempt): Promise<Decision | undefined> {
    const there = await this.#store.taggedIfBelieved(this.#keys.decision(owner, run, attempt), MAX_BYTES.manifest);
    return there === undefined ? undefined : keptDecision(there.text, there.lastModified);
  }

  /** Reads the commit key, whose content nobody has checked so far. */
  #read({ commitKey }: DecidedAttempt, maxBytes: number): Promise<TaggedObject | ObjectTooLarge | undefined> {
    return this.#bucket.getTagged(commitKey, maxBytes).catch(ifTooLarge);
  }

  async #judge(attempt: DecidedAttempt, there: TaggedObject | ObjectTooLarge): Promise<Decision> {
    if (there instanceof ObjectTooLarge) return broken('what stands at its commit key is too large');
    let commit: Commit;
    try {
      commit = commitOf(parseJson(there.text));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return broken(`what stands at its commit key is no decision (${firstProblem(error)})`);
    }
    const seenAt = there.lastModified;
    if (commit.state === 'aborted') {
      // A job may give its own attempt up, and says no more by it.
      const isOwn = commit.run === attempt.run && commit.attempt === attempt.attempt;
      return isOwn ? { state: 'aborted', seenAt } : broken('what stands at its commit key is the decision on another attempt');
    }
    const problem = manifestProblem(commit, { ...attempt, bucket: this.#bucket.name, pipeline: attempt.pipeline }) ?? (await this.#fileProblem(commit));
    return problem === undefined ? { state: 'committed', manifest: commit, text: there.text, seenAt } : broken(problem);
  }

  async #fileProblem(manifest: Manifest): Promise<string | undefined> {
    const files = manifest.resources.flatMap((resource) => filesOf(resource));
    for (let from = 0; from < files.length; from += HEADS_AT_ONCE) {
      const heads = files.slice(from, from + HEADS_AT_ONCE).map(async ({ path, bytes }) => fileProblem(path, bytes, await this.#bucket.head(path), manifest));
      const problem = (await Promise.all(heads)).find((found) => found !== undefined);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Keeps a decision as the one that was seen first; returns the one in force, which is another gateway's if that was quicker. */
  async #keep({ owner, run, attempt }: DecidedAttempt, decision: Decision): Promise<Decision> {
    const key = this.#keys.decision(owner, run, attempt);
    const { state } = decision;
    const text = state === 'committed' ? decision.text : JSON.stringify({ state, ...(state === 'broken' ? { why: decision.why } : {}) });
    const there = await this.#store.writeTextOnce(key, text, (other) => keptDecision(other, decision.seenAt), MAX_BYTES.manifest);
    return there === 'written' ? decision : there;
  }

  #aborted({ run, attempt }: DecidedAttempt, reason: string): Aborted {
    return {
      state: 'aborted',
      contract: CONTRACT_VERSION,
      run,
      attempt,
      token: randomUUID(),
      by: `gateway ${this.#installation}`,
      reason,
      abortedAt: new Date().toISOString(),
    };
  }
}

/** A decision that was kept. Throws `SyntaxError` or `ZodError` for a text that is none. */
function keptDecision(text: string, seenAt: Date): Decision {
  const document = parseJson(text);
  const { data } = keptSchema.safeParse(document);
  if (data !== undefined) return { ...data, seenAt };
  return { state: 'committed', manifest: committedSchema.parse(document), text, seenAt };
}

function broken(why: string): Decision {
  return { state: 'broken', why, seenAt: new Date() };
}

function firstProblem(error: SyntaxError | z.ZodError): string {
  const message = error instanceof z.ZodError ? `${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}` : error.message;
  return message.slice(0, 200);
}
