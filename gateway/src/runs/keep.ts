import type { OpenRun } from '../ledger/entries.ts';

/** Labels of a container that may stay after its end: for which outcomes, and until when. */
export const KEEP_LABELS = { keep: 'esclusa.keep', until: 'esclusa.keep-until' } as const;

/** Which containers of a run stay, and for how long. */
export interface KeepMark {
  readonly which: 'failed' | 'all';
  readonly until: Date;
}

/** The mark of a container that is about to be created; labels can't be changed later, so its time counts from the latest end that it may have. */
export function keepMark(keep: OpenRun['keep'], timeAllowedSeconds: number, keepHours: number, now: Date): KeepMark | undefined {
  if (keep === 'none') return undefined;
  return { which: keep, until: new Date(now.getTime() + (timeAllowedSeconds + keepHours * 3_600) * 1_000) };
}

/** The labels that say so. */
export function keepLabels({ which, until }: KeepMark): Record<string, string> {
  return { [KEEP_LABELS.keep]: which, [KEEP_LABELS.until]: until.toISOString() };
}

/** What the labels of a container say; undefined when it is not to be kept, or they can't be read. */
export function readKeepLabels(labels: Readonly<Record<string, string>>): KeepMark | undefined {
  const { [KEEP_LABELS.keep]: which, [KEEP_LABELS.until]: until = '' } = labels;
  if ((which !== 'failed' && which !== 'all') || Number.isNaN(Date.parse(until))) return undefined;
  return { which, until: new Date(until) };
}

/** Whether a container of an attempt with this outcome stays. */
export function isKept(keep: OpenRun['keep'], succeeded: boolean): boolean {
  return keep === 'all' || (keep === 'failed' && !succeeded);
}
