import { createHash } from 'node:crypto';
import { type Manifest, filesOf } from '@esclusa/contract';
import { type TestBucket, keyOf } from '../support/s3.ts';
import { type Answered, isAccepted } from './load.ts';
import type { Stage } from './stage.ts';

/** What is wrong after a round, one line each. */
export interface Findings {
  readonly lost: string[];
  readonly doubled: string[];
  readonly leftovers: string[];
  readonly partialObjects: string[];
  readonly duplicateExecutions: string[];
}

/** The part of a final entry that is judged. */
interface Final {
  readonly run: string;
  readonly state: string;
  readonly commitKey?: string;
}

/** What lies in the bucket of runs and data. */
interface Found {
  readonly finals: ReadonlyMap<string, Final>;
  /** Committed manifests by their keys. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Names in the index of all runs. */
  readonly index: readonly string[];
  /** SHA-256 of every object outside the ledger. */
  readonly data: ReadonlyMap<string, string>;
}

const LEDGER = '_esclusa/';
// Answers that say for good how a run went; others only say that it was not waited for.
const ENDED_BADLY = new Set([502, 504]);

/** Judges a round by what its clients were answered, what lies in S3, and what Docker tells; never by the gateway's opinion. */
export async function judge(stage: Stage, answers: readonly Answered[], left: { open: readonly string[]; left: readonly string[] }): Promise<Findings> {
  const { bucket, strangers, starts } = stage;
  const found = await look(bucket, new Set(strangers.keys));
  return {
    lost: [...lost(answers, found), ...left.open.map((key) => `still open: ${key}`), ...(await strangers.harmed())],
    doubled: doubled(found),
    leftovers: [...left.left],
    partialObjects: partial(found),
    duplicateExecutions: starts.duplicates,
  };
}

async function look(bucket: TestBucket, strangers: ReadonlySet<string>): Promise<Found> {
  const keys = await bucket.keys();
  const read = async <T>(prefix: string): Promise<[string, T][]> =>
    inTurns(
      keys.filter((key) => key.startsWith(LEDGER + prefix)),
      async (key) => [key, JSON.parse(await bucket.text(key)) as T],
    );
  const finals = await read<Final>('runs/');
  const commits = await read<Manifest | { state: 'aborted' }>('commits/');
  const data = await inTurns(
    keys.filter((key) => !key.startsWith(LEDGER) && !strangers.has(key)),
    async (key): Promise<[string, string]> => [
      key,
      createHash('sha256')
        .update(await bucket.bytes(key))
        .digest('hex'),
    ],
  );
  return {
    finals: new Map(finals.map(([, final]) => [final.run, final])),
    manifests: new Map(commits.filter((entry): entry is [string, Manifest] => entry[1].state === 'committed')),
    index: keys.filter((key) => key.startsWith(`${LEDGER}index/all/`)),
    data: new Map(data),
  };
}

function lost(answers: readonly Answered[], { finals, manifests, data }: Found): string[] {
  const findings: string[] = [];
  for (const answered of answers) {
    const { run, status, code } = answered;
    if (run === undefined) continue;
    const final = finals.get(run);
    if (isAccepted(answered) && final === undefined) findings.push(`run ${run} was accepted (${status}) and has no final entry`);
    if (status === 200 && final !== undefined && final.state !== 'succeeded') findings.push(`run ${run} was answered 200 and is ${final.state}`);
    if (ENDED_BADLY.has(status ?? 0) && final?.state === 'succeeded') findings.push(`run ${run} was answered ${status} ${code} and has succeeded`);
  }
  for (const [key, runs] of runsByKey(answers)) if (runs.size > 1) findings.push(`the Idempotency-Key ${key} led to ${[...runs].join(' and ')}`);
  for (const { run, state, commitKey } of finals.values()) {
    if (state !== 'succeeded') continue;
    const manifest = manifests.get(commitKey ?? '');
    if (manifest === undefined) {
      findings.push(`run ${run} has succeeded and has no manifest at ${commitKey}`);
      continue;
    }
    for (const { url, hash } of manifest.resources.flatMap(filesOf)) {
      const there = data.get(keyOf(url));
      if (there !== bare(hash)) findings.push(`run ${run} has succeeded and ${keyOf(url)} ${there === undefined ? 'is missing' : 'has other bytes'}`);
    }
  }
  for (const { run } of manifests.values()) {
    const state = finals.get(run)?.state;
    if (state !== undefined && state !== 'succeeded') findings.push(`run ${run} has a committed manifest and is ${state}`);
  }
  return findings;
}

/** The digest of a `sha256:…`. */
function bare(hash: string): string {
  return hash.replace(/^sha256:/, '');
}

function runsByKey(answers: readonly Answered[]): Map<string, Set<string>> {
  const byKey = new Map<string, Set<string>>();
  for (const { key, run } of answers) if (key !== undefined && run !== undefined) byKey.set(key, (byKey.get(key) ?? new Set()).add(run));
  return byKey;
}

function doubled({ manifests, index }: Found): string[] {
  const runs = [...manifests.values()].map(({ run }) => run);
  const listed = index.map((key) => /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(key)?.[0] ?? key);
  return [
    ...repeated(runs).map((run) => `run ${run} has more than one committed manifest`),
    ...repeated(listed).map((run) => `run ${run} stands more than once in the index: ${index.filter((key) => key.includes(run)).join(', ')}`),
  ];
}

function partial({ manifests, data }: Found): string[] {
  const named = new Map(
    [...manifests.values()].flatMap(({ resources }) => resources.flatMap(filesOf).map(({ url, hash }) => [keyOf(url), bare(hash)] as const)),
  );
  return [...data].flatMap(([key, sha256]) => {
    if (!named.has(key)) return [`${key} is in no committed manifest`];
    return named.get(key) === sha256 ? [] : [`${key} has other bytes than its manifest says`];
  });
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}

/** Sixteen at a time, so that a bucket with many objects does not open as many connections. */
async function inTurns<T, R>(items: readonly T[], each: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += 16) results.push(...(await Promise.all(items.slice(from, from + 16).map(each))));
  return results;
}
