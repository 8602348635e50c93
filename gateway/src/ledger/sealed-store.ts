import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { isUnreadable, parseJson } from '../bounded-json.ts';
import { type Bucket, ifTooLarge, MAX_BYTES, ObjectTooLarge, type TaggedObject } from './bucket.ts';
import type { LedgerProblems } from './problems.ts';
import { SEAL_METADATA, type Seals } from './seals.ts';

const TRIES = 10;
const PAUSE_MS = 100;

/** An entry of the ledger that no gateway of this LEDGER_KEY can have written. Nobody acts upon it. */
export class UntrustedEntry extends Error {
  readonly key: string;

  constructor(key: string, why: string, options?: ErrorOptions) {
    super(`the ledger's entry ${key} is not believed: it ${why}; see "problems" of GET /ready`, options);
    this.name = 'UntrustedEntry';
    this.key = key;
  }
}

/** Decision on an object: its new text, or none; and the answer for the caller. */
export interface Change<Told> {
  /** Undefined where it stays as it is. */
  readonly text: string | undefined;
  readonly told: Told;
}

/** The ledger's documents in the bucket, sealed when they are written and believed only with their seal. Rejects with S3 codes. */
export class SealedStore {
  readonly #bucket: Bucket;
  readonly #seals: Seals;
  readonly #problems: LedgerProblems;

  constructor(bucket: Bucket, seals: Seals, problems: LedgerProblems) {
    this.#bucket = bucket;
    this.#seals = seals;
    this.#problems = problems;
  }

  /** A document; undefined when there is none. Rejects with {@link UntrustedEntry}. */
  async read<T>(key: string, schema: z.ZodType<T>, maxBytes: number = MAX_BYTES.document): Promise<T | undefined> {
    const there = await this.#bucket.getTagged(key, maxBytes).catch(ifTooLarge);
    if (there === undefined) return undefined;
    if (there instanceof ObjectTooLarge) throw this.#distrust(key, there);
    return this.#believe(key, there, (text) => schema.parse(parseJson(text)));
  }

  /** The same, and undefined of one that is not believed: it counts as if it were not there, and is told as a problem. */
  async readIfBelieved<T>(key: string, schema: z.ZodType<T>, maxBytes?: number): Promise<T | undefined> {
    return this.read(key, schema, maxBytes).catch(undefinedIfUntrusted);
  }

  /** Writes a document unless there is one that is believed; returns the one in force. One that is not believed is replaced. */
  async writeOnce<T>(key: string, mine: T, schema: z.ZodType<T>, maxBytes?: number): Promise<T> {
    const there = await this.writeTextOnce(key, JSON.stringify(mine), (text) => schema.parse(parseJson(text)), maxBytes);
    return there === 'written' ? mine : there;
  }

  /** The same of a text; `understand` makes something of what stands there, and throws as `JSON.parse` and zod do. */
  async writeTextOnce<T>(
    key: string,
    text: string,
    understand: (there: string) => T,
    maxBytes: number = MAX_BYTES.document,
    contentType?: string,
  ): Promise<T | 'written'> {
    const headers = { metadata: this.#seals.metadataOf(key, text), ...(contentType === undefined ? {} : { contentType }) };
    for (let tried = 1; tried <= TRIES; tried++) {
      if ((await this.#bucket.putIfAbsent(key, text, headers)) === 'written') return 'written';
      const there = await this.#bucket.getTagged(key, maxBytes).catch(ifTooLarge);
      // Gone since.
      if (there === undefined) continue;
      try {
        if (there instanceof ObjectTooLarge) throw this.#distrust(key, there);
        return this.#believe(key, there, understand);
      } catch (error) {
        undefinedIfUntrusted(error);
      }
      if ((await this.#bucket.putIfMatch(key, text, there.etag, headers)) === 'written') return 'written';
      await sleep(PAUSE_MS * tried);
    }
    throw new Error(`${key} was written by others ${TRIES} times in a row`);
  }

  /** Writes a document, whatever stands there. */
  async write(key: string, document: unknown): Promise<void> {
    const text = JSON.stringify(document);
    await this.#bucket.put(key, text, { metadata: this.#seals.metadataOf(key, text) });
  }

  /**
   * Changes a document by what `decide` makes of what stands there, by a PUT onto that very content alone: who was overtaken reads and decides again. What is not
   * believed counts as not there, unless it is too dear for that (`refuseForged`), and the change replaces it. Rejects when others are quicker each time.
   */
  async change<Told>(
    key: string,
    decide: (there: TaggedObject | undefined, isForged: boolean) => Promise<Change<Told>>,
    { maxBytes = MAX_BYTES.document, refuseForged = false }: { maxBytes?: number; refuseForged?: boolean } = {},
  ): Promise<Told> {
    for (let tried = 1; tried <= TRIES; tried++) {
      const there = await this.#bucket.getTagged(key, maxBytes).catch(ifTooLarge);
      const believed = there === undefined ? undefined : this.#authentic(key, there);
      if (there !== undefined && believed === undefined && refuseForged) throw new UntrustedEntry(key, NO_SEAL);
      const { text, told } = await decide(believed, there !== undefined && believed === undefined);
      if (text === undefined) return told;
      const headers = { metadata: this.#seals.metadataOf(key, text) };
      const put = there === undefined ? await this.#bucket.putIfAbsent(key, text, headers) : await this.#bucket.putIfMatch(key, text, there.etag, headers);
      if (put === 'written') return told;
      await sleep(PAUSE_MS * tried);
    }
    throw new Error(`${key} was written by others ${TRIES} times in a row`);
  }

  /** Reads the object at a key, for a document whose content is no JSON of ours. Rejects with {@link UntrustedEntry}. */
  async tagged(key: string, maxBytes: number = MAX_BYTES.document): Promise<TaggedObject | undefined> {
    const there = await this.#bucket.getTagged(key, maxBytes).catch(ifTooLarge);
    if (there === undefined) return undefined;
    const believed = this.#authentic(key, there);
    if (believed === undefined) throw new UntrustedEntry(key, NO_SEAL);
    return believed;
  }

  /** The same, and undefined of what is not believed. */
  async taggedIfBelieved(key: string, maxBytes?: number): Promise<TaggedObject | undefined> {
    return this.tagged(key, maxBytes).catch(undefinedIfUntrusted);
  }

  #authentic(key: string, there: TaggedObject | ObjectTooLarge): TaggedObject | undefined {
    if (!(there instanceof ObjectTooLarge)) {
      const { text, lastModified, metadata } = there;
      if (this.#seals.isAuthentic({ key, text, seal: metadata[SEAL_METADATA], lastModified })) return there;
    }
    this.#problems.tell(key, there instanceof ObjectTooLarge ? TOO_LARGE : NO_SEAL);
    return undefined;
  }

  #distrust(key: string, cause: ObjectTooLarge): UntrustedEntry {
    this.#problems.tell(key, TOO_LARGE);
    return new UntrustedEntry(key, TOO_LARGE, { cause });
  }

  #believe<T>(key: string, there: TaggedObject, understand: (text: string) => T): T {
    if (this.#authentic(key, there) === undefined) throw new UntrustedEntry(key, NO_SEAL);
    try {
      return understand(there.text);
    } catch (cause) {
      if (!isUnreadable(cause)) throw cause;
      this.#problems.tell(key, UNREADABLE);
      throw new UntrustedEntry(key, UNREADABLE, { cause });
    }
  }
}

const NO_SEAL = 'has no seal of this LEDGER_KEY, so somebody else has written or altered it';
const TOO_LARGE = 'is larger than any entry of ours';
const UNREADABLE = "can't be understood";

/** Passes over an entry that is not believed; throws any other failure on. */
export function undefinedIfUntrusted(error: unknown): undefined {
  if (error instanceof UntrustedEntry) return undefined;
  throw error;
}
