import type { Owner } from './entries.ts';

/** All that putting accepted runs in line needs. It stands in the key, so that one listing is the whole queue. */
export interface QueueEntry {
  readonly run: string;
  readonly pipeline: string;
  /** Stands for job and source: runs that read the same database have the same. */
  readonly source: string;
  /** Runs of this source that may go on at once; undefined for as many as there are slots. */
  readonly concurrency: number | undefined;
  /** Seal of the key itself, so that a listing needs no reading; see seals.ts. */
  readonly seal?: string | undefined;
}

/** What a key of the index says of an ended run. */
export interface IndexEntry {
  readonly run: string;
  readonly pipeline: string;
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly acceptedAt: Date;
  readonly endedAt: Date;
  /** Seal of the name itself; see seals.ts. */
  readonly seal?: string | undefined;
}

const OPEN = /\/([0-9a-f-]{36})\.([a-z0-9_-]{1,63})\.([0-9a-f]{1,64})\.(\d{1,9})(?:\.([0-9a-f]{16}))?\.json$/;
const INDEX = /\/([0-9a-f]{12})\.([0-9a-f-]{36})\.([a-z0-9_-]{1,63})\.(succeeded|failed|cancelled)\.([0-9a-z]{1,10})(?:\.([0-9a-f]{16}))?$/;
// 48 bits, as UUIDv7 has them.
const MAX_MS = 2 ** 48 - 1;

// Docker's ids hold colons, which not every tool takes in a key.
function of({ installation, engine }: Owner): string {
  return `${installation}/${engine.replaceAll(/[^A-Za-z0-9._-]/g, '-')}`;
}

/**
 * Where everything of ours lies in the bucket, below one prefix (by default `_esclusa/`). docs/ledger.md describes the documents.
 * What is in flight lies below its owner, so that one host's listing never holds another's.
 */
export function ledgerKeys(prefix: string) {
  const openPrefix = (owner: Owner): string => `${prefix}open/${of(owner)}/`;
  const attemptsPrefix = (owner: Owner): string => `${prefix}attempts/${of(owner)}/`;
  const cancelsPrefix = (owner: Owner): string => `${prefix}cancels/${of(owner)}/`;
  const claimsPrefix = (owner: Owner): string => `${prefix}idem/${of(owner)}/`;
  return {
    openPrefix,
    /** An accepted run that has not ended; its existence is the promise to end it. */
    open: (owner: Owner, entry: QueueEntry): string => `${openPrefix(owner)}${openName(entry)}${entry.seal === undefined ? '' : `.${entry.seal}`}.json`,
    /** Text from which that key's seal is made. */
    openSealed: (owner: Owner, entry: QueueEntry): string => openPrefix(owner) + openName(entry),
    /** The one of a run, when nothing but its id is known. */
    openPrefixOf: (owner: Owner, run: string): string => `${openPrefix(owner)}${run}.`,
    /** What an attempt was given: stamp and keys. Written before its container exists, so that a sweep knows what to look for. */
    attempt: (owner: Owner, run: string, attempt: number): string => `${attemptsPrefix(owner)}${run}/${attempt}.json`,
    /** What came of an attempt that published nothing, and whether another one follows: decided once. */
    verdict: (owner: Owner, run: string, attempt: number): string => `${attemptsPrefix(owner)}${run}/${attempt}.verdict.json`,
    /** The decision on an attempt as the gateway saw it first: what a job writes to its commit key after that changes nothing. */
    decision: (owner: Owner, run: string, attempt: number): string => `${attemptsPrefix(owner)}${run}/${attempt}.decision.json`,
    attemptsPrefix,
    attemptsPrefixOf: (owner: Owner, run: string): string => `${attemptsPrefix(owner)}${run}/`,
    /** Somebody wants the run to be cancelled. */
    cancel: (owner: Owner, run: string): string => `${cancelsPrefix(owner)}${run}.json`,
    cancelsPrefix,
    /** Decides an attempt: manifest or `aborted`. */
    commit: (run: string, attempt: number): string => `${prefix}commits/${run}/${attempt}.json`,
    commitsPrefixOf: (run: string): string => `${prefix}commits/${run}/`,
    /** Reserves a second for one destination, so that two runs never share bare keys. */
    stamp: (destination: string, stamp: string): string => `${prefix}stamps/${destination}/${stamp}.json`,
    stampsPrefix: `${prefix}stamps/`,
    stampsPrefixOf: (destination: string): string => `${prefix}stamps/${destination}/`,
    /** What an attempt's job said, masked: one line each, without progress. */
    log: (run: string, attempt: number): string => `${prefix}logs/${run}/${attempt}.jsonl`,
    logsPrefixOf: (run: string): string => `${prefix}logs/${run}/`,
    /** An ended run, whole. */
    ended: (run: string): string => `${prefix}runs/${run}.json`,
    /** The manifest of a pipeline's newest whole run. */
    latest: (pipeline: string): string => `${prefix}latest/${pipeline}.json`,
    /** How far a pipeline's incremental datasets were read. */
    states: (pipeline: string): string => `${prefix}states/${pipeline}.json`,
    /** Says which run an idempotency key stands for, or a schedule's tick. */
    claim: (owner: Owner, hash: string): string => `${claimsPrefix(owner)}${hash}.json`,
    claimsPrefix,
    /** Which schedule a pipeline has, and by its age since when. */
    schedule: (owner: Owner, pipeline: string): string => `${prefix}schedules/${of(owner)}/${pipeline}.json`,
    /** Whether S3 keeps to `If-None-Match`. */
    probe: `${prefix}probes/if-none-match.json`,
    /** Objects without content whose keys list ended runs newest first: all of them, and each pipeline's. */
    indexAll: `${prefix}index/all/`,
    indexOf: (pipeline: string): string => `${prefix}index/pipeline/${pipeline}/`,
  };
}
export type LedgerKeys = ReturnType<typeof ledgerKeys>;

/** Reads a key that {@link ledgerKeys} made; undefined for any other object below the prefix. */
export function parseOpenKey(key: string): QueueEntry | undefined {
  const [, run, pipeline, source, concurrency, seal] = OPEN.exec(key) ?? [];
  if (run === undefined || pipeline === undefined || source === undefined) return undefined;
  return { run, pipeline, source, concurrency: Number(concurrency) || undefined, ...(seal === undefined ? {} : { seal }) };
}

function openName({ run, pipeline, source, concurrency = 0 }: QueueEntry): string {
  return `${run}.${pipeline}.${source}.${concurrency}`;
}

/** The last part of an attempt's key, as run and number. */
export function parseAttemptKey(key: string): { run: string; attempt: number } | undefined {
  const [, run, attempt] = /([0-9a-f-]{36})\/(\d{1,9})\.json$/.exec(key) ?? [];
  return run === undefined ? undefined : { run, attempt: Number(attempt) };
}

/** The second that a reservation's key is about. */
export function parseStampKey(key: string): string | undefined {
  return /\/(\d{8}_\d{6})\.json$/.exec(key)?.[1];
}

/** Run and number of the attempt that a key in flight is about: its entry, the decision, or the verdict on it. */
export function attemptOf(key: string): { run: string; attempt: number } | undefined {
  return parseAttemptKey(key.replace(/\.(verdict|decision)\.json$/, '.json'));
}

/** What sorts an ended run in the index: the newest come first, since S3 lists in one direction only. */
export function sortKey(acceptedAt: Date): string {
  // A question may name an instant before all runs.
  return (MAX_MS - Math.max(0, acceptedAt.getTime())).toString(16).padStart(12, '0');
}

/** The name of an ended run in the index, without its seal. */
export function indexName({ run, pipeline, state, acceptedAt, endedAt }: IndexEntry): string {
  return `${sortKey(acceptedAt)}.${run}.${pipeline}.${state}.${endedAt.getTime().toString(36)}`;
}

/** Reads a name in the index; undefined for anything else. */
export function parseIndexName(key: string): IndexEntry | undefined {
  const [, sort, run, pipeline, state, ended, seal] = INDEX.exec(key) ?? [];
  if (sort === undefined || run === undefined || pipeline === undefined || ended === undefined) return undefined;
  return {
    run,
    pipeline,
    state: state as IndexEntry['state'],
    acceptedAt: new Date(MAX_MS - Number.parseInt(sort, 16)),
    endedAt: new Date(Number.parseInt(ended, 36)),
    ...(seal === undefined ? {} : { seal }),
  };
}
