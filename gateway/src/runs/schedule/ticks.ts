import { createHash } from 'node:crypto';
import { type Schedule, type ScheduleRule, toCron } from '../../pipelines/schedule.ts';

// When clocks change (croner, with its rule `no-wildcard`, which is close to Vixie cron's):
// - A time of day without wildcard or step (`30 2 * * *`, `0 2,14 * * *`) comes once a day, whatever the clock does. In the hour that is
//   skipped, it comes at the first instant after it (03:00 in Madrid on 2026-03-29); in the hour that comes twice, the first time only.
// - One with a wildcard or a step in minute or hour (`*/30 * * * *`) goes by intervals: what lies in the skipped hour does not come,
//   and the doubled hour has its ticks twice, so that the distance between two stays the same.

/** The newest tick after `since` that has come by `now`, that instant included; undefined when none has. */
export function dueTick(schedule: ScheduleRule, since: Date, now: Date): Date | undefined {
  // croner looks for what lies before, so one millisecond later is what makes `now` count.
  const [newest] = toCron(schedule).previousRuns(1, new Date(now.getTime() + 1));
  return newest !== undefined && newest > since ? newest : undefined;
}

/** The first tick after `now`; undefined when none will come. */
export function nextTick(schedule: ScheduleRule, now: Date): Date | undefined {
  return toCron(schedule).nextRun(now) ?? undefined;
}

/** Changes with what decides when a schedule ticks, switching it on and off included. 32 hex digits, so that it may be part of a key. */
export function fingerprintOf({ cron, timezone, enabled }: Schedule): string {
  return createHash('sha256')
    .update(JSON.stringify([cron, timezone, enabled]))
    .digest('hex')
    .slice(0, 32);
}
