import { type Manifest, filesOf, isIncremental } from '@esclusa/contract';
import type { AttemptEntry, AttemptReport, EndedRun, OpenRun, Verdict } from '../ledger/entries.ts';
import type { RunHandle } from './handle.ts';
import type { Outcome } from './outcome.ts';

type Next = Exclude<Verdict['next'], 'retry'> | 'succeed';

const STATE_AFTER = { succeed: 'succeeded', fail: 'failed', cancel: 'cancelled' } as const satisfies Record<Next, EndedRun['state']>;

/** Where a manifest stands. */
export interface ManifestPlace {
  readonly bucket: string;
  readonly commitKey: string;
  /** SHA-256 of the manifest; undefined if there is none. */
  readonly sha256?: string | undefined;
}

/** The document of a run that has ended; `place` is that of its manifest, had it one. */
export function endedRun(run: OpenRun, handle: RunHandle, place: ManifestPlace | undefined, outcome: Outcome, next: Next, tail: readonly string[]): EndedRun {
  const { progress } = handle;
  const common = {
    ...run,
    endedAt: new Date().toISOString(),
    state: STATE_AFTER[next],
    attempts: [...handle.reports],
    timeline: [...handle.timeline],
    ...(Object.keys(progress.datasets).length === 0 ? {} : { progress: { ...progress } }),
    logTail: [...tail],
  };
  if (outcome.ok) {
    const { manifest } = outcome;
    return { ...common, ...(place === undefined ? {} : placeOf(place)), snapshot: snapshotOf(manifest), files: publishedOf(manifest) };
  }
  const { code, message, details } = outcome;
  return { ...common, error: { code, message, ...(details === undefined ? {} : { details: { ...details } }) } };
}

function placeOf({ bucket, commitKey, sha256 }: ManifestPlace): Pick<EndedRun, 'commitKey' | 'manifest' | 'manifestSha256'> {
  return { commitKey, manifest: `s3://${bucket}/${commitKey}`, ...(sha256 === undefined ? {} : { manifestSha256: sha256 }) };
}

function snapshotOf({ snapshot: { consistency, takenAt } }: Manifest): EndedRun['snapshot'] {
  return { consistency, ...(takenAt === undefined ? {} : { takenAt }) };
}

function publishedOf({ resources }: Manifest): NonNullable<EndedRun['files']> {
  return Object.fromEntries(
    resources.map((resource) => {
      const { name, rows, bytes, lossy, incremental, schemaChanges } = resource;
      const more = { lossy, ...(incremental === undefined ? {} : { incremental }), ...(schemaChanges === undefined ? {} : { schemaChanges }) };
      const files = filesOf(resource).map(({ url, rows, bytes, hash }) => ({ url, rows, bytes, sha256: hash.slice('sha256:'.length) }));
      const [first] = files;
      if (first === undefined) throw new Error(`dataset ${name} has no file`);
      return [name, files.length === 1 ? { ...first, ...more } : { url: first.url, rows, bytes, files, ...more }];
    }),
  );
}

/** The document of a run that was cancelled before it had another container. */
export function cancelledRun(run: OpenRun, handle: RunHandle): EndedRun {
  return endedRun(run, handle, undefined, { ok: false, code: 'JOB_CANCELLED', message: 'the run was cancelled', retry: 'no' }, 'cancel', []);
}

/** How an attempt went, for people. */
export function reportOf(
  { attempt }: AttemptEntry,
  state: AttemptReport['state'],
  startedAt: string,
  exitStatus: number | undefined,
  outcome: Outcome,
  container: string | undefined,
): AttemptReport {
  return {
    attempt,
    state,
    startedAt,
    endedAt: new Date().toISOString(),
    ...(exitStatus === undefined ? {} : { exitStatus }),
    ...(outcome.ok ? {} : { code: outcome.code, message: outcome.message }),
    ...(container === undefined ? {} : { container }),
  };
}

/** Why the attempt after a failed one keeps nothing of it. */
export function startsAgain({ datasets, fullRefresh }: Pick<OpenRun, 'datasets' | 'fullRefresh'>): string {
  const increments = fullRefresh !== true && Object.values(datasets).some(isIncremental) ? ' (of an incremental dataset, of its increment)' : '';
  return `starts again from the beginning${increments}: what was read so far is of a snapshot that the source kept for that job alone, and files of two snapshots would be of no point in time`;
}

/** What a verdict says, as an outcome. */
export function outcomeOf({ code, message, details, next }: Verdict): Extract<Outcome, { ok: false }> {
  return { ok: false, code, message, retry: next === 'retry' ? 'yes' : 'no', ...(details === undefined ? {} : { details }) };
}
