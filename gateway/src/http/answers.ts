import type { AttemptReport, EndedRun } from '../ledger/entries.ts';
import type { RunHandle } from '../runs/handle.ts';
import type { Found } from '../runs/look-up.ts';
import type { Problem } from './problem.ts';
import { type RunAnswer, type Success, progressSchema } from './schemas/index.ts';

/** Where a run is found, with its log and its events. */
export function runUrl(run: string, part: '' | '/logs' | '/events' = ''): string {
  return `/api/runs/${run}${part}`;
}

/** Each dataset with its file or files, in the seed's words. */
export function resultOf({ files: datasets = {} }: EndedRun): Success['result'] {
  return Object.fromEntries(
    Object.entries(datasets).map(([name, { url, rows, bytes, sha256, files, lossy, incremental, schemaChanges }]) => [
      name,
      {
        url,
        registros: rows,
        bytes,
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(files === undefined ? {} : { files: files.map(({ rows, ...file }) => ({ ...file, registros: rows })) }),
        lossy,
        ...(incremental === undefined ? {} : { incremental }),
        ...(schemaChanges === undefined ? {} : { schemaChanges }),
      },
    ]),
  );
}

/** The seed's answer, word for word; what stands beside it is new. */
export function successOf(ended: EndedRun): Success {
  const { job, run } = ended;
  return {
    status: 'success',
    database: job,
    result: resultOf(ended),
    ...publicationOf(ended),
    run,
    logs: runUrl(run, '/logs'),
    ...containerOf(ended.attempts),
  };
}

/** Where the manifest of a run that succeeded is, and what it was read at; an entry of an earlier version knows neither. */
function publicationOf({ manifest, snapshot }: EndedRun): Pick<Success, 'manifest' | 'snapshot'> {
  return { ...(manifest === undefined ? {} : { manifest }), ...(snapshot === undefined ? {} : { snapshot }) };
}

/** The container of the last attempt, where it is kept. */
export function containerOf(attempts: readonly AttemptReport[]): { container?: string } {
  const container = attempts.at(-1)?.container;
  return container === undefined ? {} : { container };
}

/** A run that failed, as a problem. */
export function failureOf(ended: EndedRun): Problem {
  const { code = 'INTERNAL', message = 'the run failed', details } = ended.error ?? {};
  return {
    code,
    detail: message,
    members: {
      run: ended.run,
      database: ended.job,
      pipeline: ended.pipeline,
      ...(details === undefined ? {} : { details }),
      attempts: ended.attempts,
      log: ended.logTail,
      logs: runUrl(ended.run, '/logs'),
      ...containerOf(ended.attempts),
    },
  };
}

/** The document of a run. `position`: how many wait before it. */
export function runDocument({ handle, ended }: Found, position?: number): RunAnswer {
  return ended === undefined ? openDocument(handle, position) : endedDocument(ended);
}

function openDocument(handle: RunHandle, position: number | undefined): RunAnswer {
  const { accepted, failure, timeline, reports, progress } = handle;
  const state = failure === undefined ? handle.state : 'settling';
  if (accepted === undefined) throw new Error('only a run whose entry was read has a document');
  return {
    ...identity(accepted),
    state,
    ...(position === undefined ? {} : { position }),
    attempts: [...reports],
    timeline: [...timeline],
    ...(Object.keys(progress.datasets).length === 0 ? {} : { progress }),
    ...(failure === undefined ? {} : { error: { code: failure.code, message: failure.message } }),
    ...containerOf(reports),
  };
}

function endedDocument(ended: EndedRun): RunAnswer {
  const progress = progressSchema.safeParse(ended.progress);
  return {
    ...identity(ended),
    state: ended.state,
    endedAt: ended.endedAt,
    attempts: ended.attempts,
    timeline: ended.timeline,
    ...(progress.success ? { progress: progress.data } : {}),
    ...(ended.files === undefined ? {} : { result: resultOf(ended) }),
    ...publicationOf(ended),
    ...(ended.error === undefined ? {} : { error: ended.error }),
    ...containerOf(ended.attempts),
  };
}

function identity({ run, pipeline, job, acceptedAt, datasets, requestedBy }: NonNullable<RunHandle['accepted']>) {
  return {
    run,
    pipeline,
    database: job,
    requestedBy,
    datasets: Object.keys(datasets),
    acceptedAt,
    url: runUrl(run),
    logs: runUrl(run, '/logs'),
    events: runUrl(run, '/events'),
  };
}
